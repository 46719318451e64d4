import process from 'node:process';
import { runScenarios } from './http-scenarios.ts';

process.stdout.write(JSON.stringify(await runScenarios()));
process.exit(0);

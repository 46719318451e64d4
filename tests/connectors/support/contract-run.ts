import process from 'node:process';
import { comparable, runContract } from './contract-scenarios.ts';

process.stdout.write(JSON.stringify(comparable(await runContract(process.argv[2] ?? ''))));
process.exit(0);

// The clock in a process of its own, so that it can be killed: `node clock.ts <database> <milliseconds per minute>`.
import { hurry } from '../hurried-clock.ts';

const [databaseUrl = '', minute = '250'] = process.argv.slice(2);
const clock = hurry(databaseUrl, Number(minute), (line) => console.log(line));
process.on('SIGTERM', () => void clock.stop().then(() => process.exit(0)));
console.log('beating');

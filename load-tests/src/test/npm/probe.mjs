// What NpmProjectIT runs: prints the client's version, fails, or never ends.
import { VERSION } from 'openai/version';

switch (process.argv[2]) {
  case 'version':
    console.log(VERSION);
    break;
  case 'fail':
    throw new Error('this probe fails');
  case 'hang':
    setInterval(() => {}, 1000);
    break;
}

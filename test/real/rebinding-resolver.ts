import { startDnsServer } from '../support/dns-server.ts';

// Run by Node inside a namespace without a way out: the address of one name is public, then loopback, then public …
// Loopback twice: a due probe that finds the public one unreachable is confirmed at once, and both kinds are to be due.
const server = await startDnsServer();
const turns = [{ a: ['1.1.1.1'] }, { a: ['127.0.0.1'] }, { a: ['127.0.0.1'] }];
server.setName('rebind.example.com', ...Array.from({ length: 500 }, () => turns).flat());
console.log(`listening ${server.address}`);

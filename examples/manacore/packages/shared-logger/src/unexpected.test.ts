// How a process ends by what nobody catches: each in a process of its own, which the runner of tests must not catch for it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { receiving } from './receiver.ts';

const BROKEN = `new Error('failed: insert hunter2', { cause: new Error('connection reset') })`;
const ENDS = {
  'an error that is thrown': `setTimeout(() => { throw ${BROKEN}; });`,
  'a promise that is rejected': `Promise.reject(${BROKEN});`,
};

/** What a process that reports to this Sentry writes and how it ends. */
async function run(end: string, dsn: string): Promise<{ out: string; err: string; code: unknown }> {
  const script = `
    import { createLogger, createReport, createTell, endByUncaught } from './src/index.ts';
    endByUncaught(createTell(createLogger({ service: 'chat' }), createReport('${dsn}', { service: 'chat' })));
    setTimeout(() => {}, 60_000);
    ${end}`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--conditions=source', '--input-type=module', '--eval', script]);
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { out, err, code };
}

for (const [name, end] of Object.entries(ENDS)) {
  test(`${name} and not caught ends the process, after one line and one report of its cause`, async (t) => {
    const { received, dsn } = await receiving(t);
    const { out, err, code } = await run(end, dsn);
    const { level, message, trace } = JSON.parse(out);
    assert.deepEqual([level, message, code, err], ['error', 'The process ends by an error that nobody caught.', 1, '']);
    assert.match(trace, /^Error: connection reset\n/);
    assert.equal(received.length, 1);
    assert.match(received[0]!.body, /"value":"connection reset"/);
    assert.doesNotMatch(out + received[0]!.body, /hunter2/);
  });
}

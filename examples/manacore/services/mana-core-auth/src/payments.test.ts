import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { createPayments } from './payments.ts';

/** What Stripe was sent. */
const forms: URLSearchParams[] = [];
const keys = new Set<string | undefined>();
let paymentStatus = 'unpaid';

/** Stripe's two answers that are asked for, as its documentation has them. */
const stripe = createServer(async (request, response) => {
  let body = '';
  for await (const part of request) body += part;
  keys.add(request.headers.authorization);
  if (request.method === 'POST') forms.push(new URLSearchParams(body));
  const isKnown = request.method === 'POST' || request.url === '/v1/checkout/sessions/cs_1';
  const session = { id: 'cs_1', url: 'https://checkout.example/cs_1', payment_status: paymentStatus, client_reference_id: 'u1' };
  response.writeHead(isKnown ? 200 : 404).end(JSON.stringify({ ...session, metadata: { credits: '500' } }));
}).listen(0, '127.0.0.1');
await new Promise((resolve) => stripe.once('listening', resolve));
after(() => stripe.close());
const payments = createPayments('the key', `http://127.0.0.1:${(stripe.address() as AddressInfo).port}`);

test('whoever buys credits is led to a checkout that says who pays for how many', async () => {
  const begun = await payments.begin('u1', { credits: 500, returnTo: 'https://app-chat.manacore.app/' });
  assert.deepEqual(begun, { checkout: 'cs_1', url: 'https://checkout.example/cs_1' });
  const form = forms.at(-1)!;
  assert.deepEqual([form.get('client_reference_id'), form.get('metadata[credits]')], ['u1', '500']);
  assert.equal(form.get('success_url'), 'https://app-chat.manacore.app/');
  assert.deepEqual([...keys], ['Bearer the key']);
});

test('only what is paid counts, and only for whoever began it', async () => {
  await assert.rejects(payments.paid('u1', 'cs_1'), { code: 'conflict' });
  paymentStatus = 'paid';
  assert.equal(await payments.paid('u1', 'cs_1'), 500);
  await assert.rejects(payments.paid('u2', 'cs_1'), { code: 'not-found' });
  await assert.rejects(payments.paid('u1', 'cs_2'), { code: 'not-found' });
});

test('without a key nothing can be bought, and nobody is asked', async () => {
  const purchase = { credits: 500, returnTo: 'https://app-chat.manacore.app/' };
  await assert.rejects(createPayments(undefined).begin('u1', purchase), { code: 'unavailable' });
});

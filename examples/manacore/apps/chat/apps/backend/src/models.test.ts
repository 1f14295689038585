import assert from 'node:assert/strict';
import { test } from 'node:test';
import { availableModels, findModel } from './models.ts';

const azure = { azureEndpoint: 'https://example.openai.azure.com', azureKey: 'key' };

test('the models of Azure are there when it is set up', () => {
  assert.deepEqual(availableModels({}).map((model) => model.id), ['echo']);
  assert.deepEqual(availableModels(azure).map((model) => model.id), ['echo', 'gpt-4o-mini']);
});

test('the echo says what it was told last', async () => {
  const messages = [{ role: 'user' as const, content: 'Hello' }];
  const { choices } = await findModel(availableModels({}), 'echo').complete({ model: 'echo', messages });
  assert.equal(choices[0]?.message.content, 'Hello');
});

test('an unknown model is not found, and the known ones are named', () => {
  assert.throws(() => findModel(availableModels({}), 'gpt-4o-mini'), { code: 'not-found', message: /known: echo/ });
});

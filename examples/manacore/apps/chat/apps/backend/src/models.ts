// The models one can talk to: an echo that needs nothing, and those of Azure OpenAI when it is set up.
import type { Completion, CompletionRequest, Model } from '@chat/contract';
import { AppError } from '@manacore/shared-errors';

export const MODELS = Symbol('models');

/** Answers longer than this are given up, in milliseconds. */
const PATIENCE = 30_000;
const API_VERSION = '2024-10-21';

export interface TalkingModel extends Model {
  complete(request: CompletionRequest): Promise<Completion>;
}

export interface AzureSettings {
  azureEndpoint?: string | undefined;
  azureKey?: string | undefined;
}

export function availableModels({ azureEndpoint, azureKey }: AzureSettings): TalkingModel[] {
  if (!azureEndpoint || !azureKey) return [echo];
  return [echo, azureModel({ id: 'gpt-4o-mini', name: 'GPT-4o mini' }, { endpoint: azureEndpoint, key: azureKey })];
}

/** Throws an AppError `not-found` that names the known ones. */
export function findModel(models: TalkingModel[], id: string): TalkingModel {
  const model = models.find((known) => known.id === id);
  if (!model) throw new AppError('not-found', `There is no model ${id}; known: ${models.map((known) => known.id).join(', ')}.`);
  return model;
}

const echo: TalkingModel = {
  id: 'echo',
  name: 'Echo',
  provider: 'echo',
  async complete({ model, messages }) {
    const message = { role: 'assistant' as const, content: messages.at(-1)?.content ?? '' };
    return { model, choices: [{ index: 0, message, finish_reason: 'stop' }] };
  },
};

function azureModel(model: { id: string; name: string }, azure: { endpoint: string; key: string }): TalkingModel {
  const url = new URL(`/openai/deployments/${model.id}/chat/completions?api-version=${API_VERSION}`, azure.endpoint);
  return {
    ...model,
    provider: 'azure-openai',
    async complete({ messages }) {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'api-key': azure.key, 'content-type': 'application/json' },
        body: JSON.stringify({ messages }),
        signal: AbortSignal.timeout(PATIENCE),
      }).catch((cause: unknown) => {
        throw new AppError('unavailable', `${model.name} cannot be reached.`, { cause });
      });
      if (!response.ok) throw new AppError('unavailable', `${model.name} answered with status ${response.status}.`);
      return (await response.json()) as Completion;
    },
  };
}

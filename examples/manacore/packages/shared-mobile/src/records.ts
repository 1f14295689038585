// A product's records as a screen needs them: read when it opens, added by its form.
import { ApiError, createClient } from '@manacore/shared-api';
import Constants from 'expo-constants';
import { useCallback, useEffect, useState } from 'react';
import { apiAddress, type Entry, type MobileProduct } from './product.ts';

/** Mobile networks are slow. */
const PATIENCE = 15_000;

declare const __DEV__: boolean;

export interface Shown {
  entries: Entry[];
  /** What went wrong last, in sentences. */
  mistakes: string[];
  isBusy: boolean;
  refresh(): Promise<void>;
  /** Tells whether it was added. */
  add(form: Record<string, string>): Promise<boolean>;
}

function told(error: unknown): string[] {
  return error instanceof ApiError ? [error.message, ...error.details] : [String(error)];
}

export function useRecords<Records>(product: MobileProduct<Records>): Shown {
  const client = createClient(apiAddress(product.port, Constants.expoConfig?.updates?.url, __DEV__), { patience: PATIENCE });
  const [entries, setEntries] = useState<Entry[]>([]);
  const [mistakes, setMistakes] = useState<string[]>([]);
  const [isBusy, setBusy] = useState(false);

  const attempt = async (work: () => Promise<unknown>): Promise<boolean> => {
    setBusy(true);
    try {
      await work();
      setEntries(product.entries(await client.read<Records>(product.path)));
      setMistakes([]);
      return true;
    } catch (error) {
      setMistakes(told(error));
      return false;
    } finally {
      setBusy(false);
    }
  };

  const refresh = useCallback(async () => void (await attempt(async () => {})), []);
  useEffect(() => void refresh(), [refresh]);
  return {
    entries,
    mistakes,
    isBusy,
    refresh,
    async add(form) {
      const { value, mistakes: wrong } = product.parse(form);
      if (!wrong) return attempt(() => client.send(product.path, value));
      setMistakes(wrong);
      return false;
    },
  };
}

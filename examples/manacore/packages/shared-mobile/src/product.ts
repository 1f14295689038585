// What an app says of its product.
import type { Brand } from '@manacore/shared-branding';
import type { Parsed } from '@manacore/shared-types';

/** One input; more than one line is a text of several. */
export interface Field {
  name: string;
  label: string;
  lines?: number;
}

export interface Entry {
  id: string;
  title: string;
  text: string;
}

export interface MobileProduct<Records> {
  brand: Brand;
  /** Where a developer's own backend listens. */
  port: number;
  path: string;
  fields: Field[];
  parse(form: Record<string, string>): Parsed<unknown>;
  entries(records: Records): Entry[];
}

/**
 * Where an app finds its API: what a developer runs on their own machine, what is installed beside the server of its updates
 * (`api-NAME` beside `updates-NAME`). So one bundle does for all environments, and an app asks the one that it was made for.
 */
export function apiAddress(port: number, updates: string | undefined, isDevelopment: boolean): string {
  if (isDevelopment) return `http://localhost:${port}`;
  const [, scheme, host] = /^(https?:\/\/)updates-([^/]+)/.exec(updates ?? '') ?? [];
  if (!host) throw new Error('app.json names no server of updates, updates-NAME.');
  return `${scheme}api-${host}`;
}

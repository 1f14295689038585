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
  /** The product's name, as it stands in its addresses. */
  name: string;
  /** Where a developer's own backend listens. */
  port: number;
  path: string;
  fields: Field[];
  parse(form: Record<string, string>): Parsed<unknown>;
  entries(records: Records): Entry[];
}

/** Where an app finds its API: what is installed talks to production, what a developer runs to their own machine. */
export function apiAddress({ name, port }: { name: string; port: number }, isDevelopment: boolean): string {
  return isDevelopment ? `http://localhost:${port}` : `https://api-${name}.manacore.app`;
}

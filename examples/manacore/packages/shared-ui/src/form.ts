// What a form that came back was filled in with, for the fields in it.
import { getContext, setContext } from 'svelte';

const KEY = Symbol('form');

export interface Returned {
  form?: Record<string, unknown>;
  mistakes?: string[];
  signInMistakes?: string[];
}

/** The form is asked for when a field is drawn, because it comes back after the page was made. */
export function offerValues(form: () => Returned | null): void {
  setContext(KEY, form);
}

export function valueOf(name: string): string {
  return String(getContext<() => Returned | null>(KEY)()?.form?.[name] ?? '');
}

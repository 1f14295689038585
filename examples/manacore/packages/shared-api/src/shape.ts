// What a record must look like, said once for the client that fills it in and the server that accepts it.
import type { Parsed } from '@manacore/shared-types';

/** Reads one field; what it says of a mistake follows the field's name. */
export type Rule<T> = (input: unknown) => { value: T } | { mistake: string };

export type ShapeOf<Rules> = { [Key in keyof Rules]: Rules[Key] extends Rule<infer T> ? T : never };

/** A text that says something: trimmed, not empty, at most `limit` characters. */
export function words(limit: number): Rule<string> {
  return (input) => {
    if (typeof input !== 'string') return { mistake: 'is not a text' };
    if (input.length > limit) return { mistake: `is longer than ${limit} characters` };
    return input.trim() === '' ? { mistake: 'is empty' } : { value: input.trim() };
  };
}

/** The address of something on the web. */
export function address(limit: number): Rule<string> {
  const text = words(limit);
  return (input) => {
    const read = text(input);
    if ('mistake' in read) return read;
    return /^https?:\/\/[^\s/]+/i.test(read.value) ? read : { mistake: 'is no address of the web' };
  };
}

/** A number, also as the text that a form sends. */
export function number({ least, most }: { least: number; most: number }): Rule<number> {
  return (input) => {
    const value = typeof input === 'string' && input.trim() !== '' ? Number(input) : input;
    if (typeof value !== 'number' || Number.isNaN(value)) return { mistake: 'is not a number' };
    return value < least || value > most ? { mistake: `is not between ${least} and ${most}` } : { value };
  };
}

/** What may be missing or empty, which is the same: a form sends every field. */
export function optional<T>(rule: Rule<T>): Rule<T | undefined> {
  return (input) => {
    const isMissing = input === undefined || input === null || (typeof input === 'string' && input.trim() === '');
    return isMissing ? { value: undefined } : rule(input);
  };
}

/** At least one of something, at most `limit`. */
export function list<T>(rule: Rule<T>, limit: number): Rule<T[]> {
  return (input) => {
    if (!Array.isArray(input) || input.length === 0) return { mistake: 'is not a list with at least one entry' };
    if (input.length > limit) return { mistake: `has more than ${limit} entries` };
    const read = input.map(rule);
    const wrong = read.findIndex((entry) => 'mistake' in entry);
    if (wrong >= 0) return { mistake: `has an entry ${wrong + 1} that ${(read[wrong] as { mistake: string }).mistake}` };
    return { value: read.map((entry) => (entry as { value: T }).value) };
  };
}

/** Reads a whole record; fields that no rule names are dropped, and those that are missing stay out. */
export function shape<Rules extends Record<string, Rule<unknown>>>(rules: Rules): (input: unknown) => Parsed<ShapeOf<Rules>> {
  return (input) => {
    const given = (input ?? {}) as Record<string, unknown>;
    const value: Record<string, unknown> = {};
    const mistakes: string[] = [];
    for (const [name, rule] of Object.entries(rules)) {
      const read = rule(given[name]);
      if ('mistake' in read) mistakes.push(`${name} ${read.mistake}`);
      else if (read.value !== undefined) value[name] = read.value;
    }
    return mistakes.length > 0 ? { mistakes } : { value: value as ShapeOf<Rules> };
  };
}

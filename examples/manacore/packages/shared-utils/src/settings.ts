// Settings read from environment variables; all mistakes are told at once, values never.

type Environment = Record<string, string | undefined>;

/** One setting: the variable's name and how its text becomes a value. Throws what is wrong with it. */
export interface Field<T> {
  variable: string;
  parse(text: string | undefined): T;
}

export type Settings<Fields> = { [Key in keyof Fields]: Fields[Key] extends Field<infer T> ? T : never };

/** A text that must be given unless there is a fallback (which may be undefined). */
export function text(variable: string): Field<string>;
export function text<T extends string | undefined>(variable: string, fallback: T): Field<string | T>;
export function text(variable: string, ...fallback: (string | undefined)[]): Field<string | undefined> {
  return {
    variable,
    parse(value) {
      if (value) return value;
      if (fallback.length > 0) return fallback[0];
      throw new Error('is not set');
    },
  };
}

export function integer(variable: string, fallback: number): Field<number> {
  return {
    variable,
    parse(value) {
      if (!value) return fallback;
      if (!/^\d+$/.test(value)) throw new Error('is not a whole number');
      return Number(value);
    },
  };
}

/** A list of texts with commas between them; empty when it is not set. */
export function list(variable: string): Field<string[]> {
  return {
    variable,
    parse: (value = '') => value.split(',').map((item) => item.trim()).filter(Boolean),
  };
}

export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

export function readSettings<Fields extends Record<string, Field<unknown>>>(environment: Environment, fields: Fields): Settings<Fields> {
  const mistakes: string[] = [];
  const settings: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(fields)) {
    try {
      settings[key] = field.parse(environment[field.variable]);
    } catch (error) {
      mistakes.push(`${field.variable} ${(error as Error).message}`);
    }
  }
  if (mistakes.length > 0) throw new SettingsError(`The environment does not fit: ${mistakes.join('; ')}.`);
  return settings as Settings<Fields>;
}

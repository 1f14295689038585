// Which language somebody is spoken to in.

export const LOCALES = ['en', 'de'] as const;
export type Locale = (typeof LOCALES)[number];

/** The language of an Accept-Language header (or of a device) that we speak and that is wanted most; English otherwise. */
export function chooseLocale(accepted: string | null | undefined): Locale {
  const wanted = (accepted ?? '').split(',').map((entry) => {
    const [tag = '', ...settings] = entry.trim().split(';');
    const weight = Number(settings.find((setting) => setting.trim().startsWith('q='))?.split('=')[1] ?? 1);
    return { language: tag.toLowerCase().split(/[-_]/)[0], weight };
  });
  const known = wanted.filter(({ language, weight }) => weight > 0 && LOCALES.some((locale) => locale === language));
  return (known.sort((one, other) => other.weight - one.weight)[0]?.language as Locale | undefined) ?? 'en';
}

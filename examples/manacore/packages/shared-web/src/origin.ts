// Where a form comes from.

/** Browsers send Origin with every form they post; its host must be the one they were asking. */
export function isSameHost(headers: Headers): boolean {
  const origin = headers.get('origin');
  if (origin === null) return true;
  if (!URL.canParse(origin)) return false;
  return [headers.get('host'), headers.get('x-forwarded-host')].includes(new URL(origin).host);
}

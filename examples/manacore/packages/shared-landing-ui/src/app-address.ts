// Where the web app of a landing page lives, told from the landing page's own address.

/** chat.manacore.app -> app-chat.manacore.app; undefined for bare hosts and addresses, which have no such neighbour. */
export function appAddress(page: { protocol: string; host: string }): string | undefined {
  const hostname = page.host.replace(/:\d+$/, '');
  const isAddress = /^[\d.]+$/.test(hostname) || hostname.startsWith('[');
  if (isAddress || !hostname.includes('.')) return undefined;
  return `${page.protocol}//app-${page.host}/`;
}

/** The feed as the peers take it: JSON. Pages stay the bytes that came, so that who is timed with them parses them, too. */

export interface Seller {
  id: number;
  display_name: string;
  normalized_name: string;
  platform: string;
  times_seen: number;
  feedback_percent: number | null;
  feedback_count: number;
  flagged: boolean;
  platform_id: string | null;
  created_at: string;
  updated_at: string;
  last_seen_run_id: number | null;
}

export type Change =
  | { op: 'upsert'; row: Seller }
  | { op: 'delete'; key: number };

export interface Page {
  changes: Change[];
  next: string;
  more: boolean;
}

export async function fetchPage(cursor: string | undefined): Promise<Uint8Array> {
  const query = cursor === undefined ? '' : `?cursor=${encodeURIComponent(cursor)}`;
  const response = await fetch(`/sync/sellers${query}`, { headers: { Accept: 'application/json' } });
  if (!response.ok) throw new Error(`The server answered ${response.status}: ${await response.text()}`);
  return new Uint8Array(await response.arrayBuffer());
}

export function parsePage(bytes: Uint8Array): Page {
  return JSON.parse(new TextDecoder().decode(bytes)) as Page;
}

/** All pages after a cursor. */
export async function fetchPages(cursor?: string): Promise<Uint8Array[]> {
  const pages: Uint8Array[] = [];
  for (let more = true; more;) {
    const bytes = await fetchPage(cursor);
    const page = parsePage(bytes);
    pages.push(bytes);
    cursor = page.next;
    more = page.more;
  }
  return pages;
}

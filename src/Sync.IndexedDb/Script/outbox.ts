import type { Change, Entry } from './change.ts';
import type { Key } from './keys.ts';
import { isEmpty, type Edit, type Values } from './patch.ts';

/** An edit of a row. */
export interface RowEdit extends Edit {
  readonly key: Key;
  /** What caused it; null where nothing did, and not there in entries of earlier versions. */
  readonly correlationId?: string | null;
}

/** What became of an edit: the values that it replaced, or those that stood in its way. */
export interface Outcome {
  readonly result: 'Queued' | 'Missing' | 'Condition';
  readonly undo?: Values;
  readonly current?: Values;
}

/** What the server said of a mutation. */
export interface MutationResult {
  readonly id: number;
  readonly rejection: string | null;
  readonly detail: string | null;
}

export interface Batch {
  readonly clientId: string;
  readonly entries: readonly Entry[];
}

/** Queues edits in their order; each sees those before it. */
export async function edit(change: Change, edits: readonly RowEdit[], madeAt: string): Promise<Outcome[]> {
  const keys = new Set(edits.map(edit => edit.key));
  const [told, live] = await Promise.all([change.toldRows(keys), change.liveEntries(keys)]);
  return edits.map(edit => {
    const entries = live.get(edit.key) ?? [];
    const base = told.get(edit.key);
    const row = base?.fold(entries);
    if (base === undefined || row === undefined)
      return { result: 'Missing' };
    if (!row.holds(edit.if))
      return { result: 'Condition', current: row.read(edit.if) };
    if (isEmpty(edit.fields))
      return { result: 'Queued' };
    const last = entries.at(-1);
    // An edit that became one with an entry whose condition does not hold any more would not be shown.
    if (last !== undefined && canTakeIn(last, edit) && base.fold(entries.slice(0, -1)).holds(last.if)) {
      const both = { ...last, fields: { ...last.fields, ...edit.fields }, madeAt };
      change.replace(last, both);
      live.set(edit.key, [...entries.slice(0, -1), both]);
    } else {
      live.set(edit.key, [...entries, queue(change, edit, madeAt)]);
    }
    return { result: 'Queued', undo: row.read(edit.fields) };
  });
}

/** Makes queued edits of rejected ones whose rows are there. */
export async function retry(change: Change, numbers: readonly number[], madeAt: string): Promise<void> {
  const dead = (await named(change, numbers)).filter(entry => entry.state === 'dead');
  const told = await change.toldRows(new Set(dead.map(entry => entry.key)));
  for (const entry of dead.filter(entry => told.has(entry.key))) {
    change.replace(entry, null);
    queue(change, { ...entry, if: {} }, madeAt);
  }
}

/** Forgets edits that no server can have applied. */
export async function discard(change: Change, numbers: readonly number[]): Promise<void> {
  for (const entry of await named(change, numbers)) {
    if (entry.state === 'dead' || entry.state === 'queued')
      change.replace(entry, null);
  }
}

/** Takes what is to be sent: what was sent and not answered, then what was queued, which gets its ids now. */
export async function seal(change: Change, newClientId: string, maxCount: number): Promise<Batch> {
  const { outbox } = change.record;
  const sent = await change.entries('sent', maxCount);
  const queued = await change.entries('queued', maxCount - sent.length);
  if (queued.length > 0 && outbox.clientId === null) {
    outbox.clientId = newClientId;
    outbox.lastId = 0;
  }
  const sealed = queued.map((entry): Entry => ({ ...entry, state: 'sent', id: ++outbox.lastId }));
  sealed.forEach((entry, i) => change.replace(queued[i]!, entry));
  return { clientId: outbox.clientId ?? newClientId, entries: [...sent, ...sealed] };
}

/** Takes the server's answer; `isStored` says of which keys it has brought the rows that views show. */
export async function acknowledge(change: Change, results: readonly MutationResult[], isStored: (key: Key) => boolean): Promise<void> {
  const sent = new Map((await change.entries('sent')).map(entry => [entry.id!, entry]));
  for (const { id, rejection, detail } of results) {
    const entry = sent.get(id);
    if (entry === undefined)
      continue;
    sent.delete(id);
    if (isEmpty(entry.fields))
      change.replace(entry, null);
    else if (rejection !== null)
      change.replace(entry, { ...entry, state: 'dead', rejection, detail });
    else if (isStored(entry.key))
      change.replace(entry, null);
    else
      change.replace(entry, { ...entry, state: 'held', heldAt: change.record.writes + 1 });
  }
}

/** Makes a dead letter of an edit that was sent; an entry without fields uses up its id. */
export async function setAside(change: Change, id: number, rejection: string, detail: string | null): Promise<void> {
  const entry = (await change.entries('sent')).find(entry => entry.id === id && !isEmpty(entry.fields));
  if (entry === undefined)
    return;
  const { id: _, ...letter } = entry;
  change.replace(entry, { ...entry, fields: {}, if: {}, correlationId: null });
  change.replace(null, { ...letter, number: change.record.outbox.nextNumber++, state: 'dead', rejection, detail });
}

/** Takes back the client id and all ids. */
export async function renumber(change: Change): Promise<void> {
  const { outbox } = change.record;
  if (outbox.clientId !== null)
    change.mark();
  outbox.clientId = null;
  outbox.lastId = 0;
  for (const entry of await change.entries('sent')) {
    const { id: _, ...unsent } = entry;
    change.replace(entry, isEmpty(entry.fields) ? null : { ...unsent, state: 'queued' });
  }
}

/** Forgets the edits that the server had applied before a pull began that has reached the end of the feed. */
export async function releaseHeld(change: Change, writes: number): Promise<void> {
  for (const entry of await change.entries('held')) {
    if (entry.heldAt! <= writes)
      change.replace(entry, null);
  }
}

/** Reads entries in the order in which they were made: those that were sent come before those that were not. */
export async function read(change: Change, part: 'Pending' | 'DeadLetters', limit: number): Promise<Entry[]> {
  if (part === 'DeadLetters')
    return change.entries('dead', limit);
  const sent = await change.entries('sent', limit);
  return [...sent, ...await change.entries('queued', limit - sent.length)];
}

function queue(change: Change, { key, fields, if: condition, correlationId = null }: RowEdit, madeAt: string): Entry {
  const { name: collection, outbox } = change.record;
  const entry: Entry = { collection, number: outbox.nextNumber++, key, fields, if: condition, correlationId, madeAt, state: 'queued' };
  change.replace(null, entry);
  return entry;
}

async function named(change: Change, numbers: readonly number[]): Promise<Entry[]> {
  const entries = await Promise.all([...new Set(numbers)].sort((a, b) => a - b).map(number => change.entry(number)));
  return entries.filter(entry => entry !== undefined);
}

/** Two edits become one if one thing caused them, and the second holds wherever the first does, and not only there unless it says so. */
function canTakeIn(last: Entry, edit: RowEdit): boolean {
  return last.state === 'queued'
    && (last.correlationId ?? null) === (edit.correlationId ?? null)
    && Object.keys(edit.if).every(name => Object.hasOwn(last.fields, name))
    && (isEmpty(last.if) || !isEmpty(edit.if));
}

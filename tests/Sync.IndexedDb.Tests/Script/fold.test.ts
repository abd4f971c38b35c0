import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fold } from '../../../src/Sync.IndexedDb/Script/fold.ts';
import { goldenJson } from './golden.ts';

for (const [text, folded] of goldenJson<[string, string][]>('fold.json')) {
  test(`fold of ${JSON.stringify(text)} is what C# folds it to`, () => {
    assert.equal(fold(text!), folded);
    assert.equal(fold(folded!), folded);
  });
}

/**
 * The form in which text is searched and ordered, the same as TextFolding.Fold in C#: NFKC, then simple case folding
 * of every code point, then NFKC again. tests/golden/fold.json holds cases for both.
 */
export function fold(text: string): string {
  if (/^[\x00-\x7f]*$/.test(text))
    return text.toLowerCase();
  let folded = '';
  for (const character of text.normalize('NFKC'))
    folded += foldCharacter(character);
  return folded.normalize('NFKC');
}

function foldCharacter(character: string): string {
  // The dotted and the dotless i have no simple folding.
  if (character === '\u0130' || character === '\u0131')
    return character;
  // JavaScript maps to several characters where the full mapping does ('ß' to 'SS'); the simple one leaves those alone.
  const upper = character.toUpperCase();
  return (isOneCharacter(upper) ? upper : character).toLowerCase();
}

function isOneCharacter(text: string): boolean {
  return text.length === (text.codePointAt(0)! > 0xffff ? 2 : 1);
}

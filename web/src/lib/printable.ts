// Control characters, half characters, marks that turn text around and signs that leave no trace: in a system's message they could hide or
// disguise a part of it. Joiners and the choice of a letter's form (U+200C, U+200D, U+FE00 to U+FE0F) belong to scripts and emoji.
const HIDDEN = /(?![\t\n\u200c\u200d\ufe00-\ufe0f])[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}]/gu;

/** Another system's text made safe to look at: line ends unified, invisible characters replaced by `�`. */
export function printable(text: string): string {
  return text.replaceAll('\r\n', '\n').replaceAll('\r', '\n').replace(HIDDEN, '\uFFFD');
}

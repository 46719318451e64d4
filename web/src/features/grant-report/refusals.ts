/** What the functions of the grant report refuse with, as they say it (`%s` stands for what they fill in), and what that is in Norwegian. */
export const nbGrantRefusals: Readonly<Record<string, string>> = {
  'A form has a scheme, a version, kinds of records and columns.': 'Skjemaet ble ikke forstått. Last siden på nytt.',
  'A grant report that was handed in stays as it was.': 'En tilskuddsrapport som er levert, blir stående som den var.',
  'A grant report has at most 20 000 records.': 'En tilskuddsrapport har høyst 20 000 poster. Velg en kortere periode.',
  'A grant report is of a period of at most three years.': 'En tilskuddsrapport gjelder en periode på høyst tre år. Velg perioden på nytt.',
  'A reference has at most 200 characters.': 'En referanse har høyst 200 tegn.',
  'A report is handed in after its period and not on a day to come.': 'En rapport leveres etter perioden, og ikke på en dag som ligger fram i tid.',
  'Somebody else has handed this period in meanwhile.': 'Noen andre har levert perioden i mellomtiden. Se på de leverte rapportene.',
  'The fields of a report are texts by their keys.': 'Opplysningene ble ikke forstått. Last siden på nytt.',
  'The files of a report are a CSV and a workbook of at most 30 MB.': 'Filene ble ikke forstått, eller er større enn 30 MB.',
  'The period of this grant report is not over yet.': 'Perioden er ikke over. Rapporten kan leveres dagen etter.',
  'The records of this report have changed since it was built.': 'Postene har endret seg siden rapporten ble bygget. Se på den igjen, last ned på nytt, og lever den.',
  'The report of %s to %s was handed in on %s by %s.': 'Rapporten for %s til %s ble levert %s av %s. Ta en kopi, eller lås den opp med en grunn.',
  'There is no such grant report in this organization.': 'Det finnes ingen slik tilskuddsrapport i organisasjonen.',
  'This grant report is unlocked already.': 'Denne tilskuddsrapporten er allerede låst opp.',
  'Unlocking a grant report needs a reason.': 'Å låse opp en tilskuddsrapport krever en grunn.',
};

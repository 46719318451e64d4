import { describe, expect, test } from 'vitest';
import { diagnose } from '../../supabase/functions/_kit/diagnose.ts';
import type { Category } from '../../supabase/functions/_kit/diagnose.ts';

/** What an answer is about: the field it blames, its kind and, where it is not the only sentence in it, what it says. */
type About = [field: string | null, category: Category, message?: string];
type Case = [system: string, status: number, body: unknown, about: About];

const said = (system: string, status: number, body: unknown): ReturnType<typeof diagnose> =>
  diagnose(system, { status, headers: {}, body: typeof body === 'string' ? body : JSON.stringify(body) });
const holds = ([system, status, body, [field, category, message]]: Case): void => {
  expect(said(system, status, body)).toMatchObject({ field, category, ...(message === undefined ? {} : { message }) });
};

const businessCentral = (message: string, code = 'Application_DialogException'): unknown => ({ error: { code, message } });
const infolog = (text: string): unknown => ({ error: { message: 'An error has occurred.', innererror: { message: `Write failed for table row of type 'Lines'. Infolog: ${text}` } } });
const frappe = (kind: string, message: string): unknown => ({ exc_type: kind, exception: `frappe.exceptions.${kind}: ${message}` });
const invalid = (details: object): unknown => ({ error: 'RecordInvalid', description: 'Record validation errors', details });

describe('the same refusal in another language', () => {
  test.each<Case>([
    ['business-central', 400, businessCentral('Das Feld Projektnr. der Tabelle Zeile enthält einen Wert (P9), der nicht in der Tabelle (Projekt) gefunden wurde.'), ['Projektnr.', 'validation']],
    ['business-central', 400, businessCentral('Fältet Projektnr i tabellen Rad innehåller ett värde (P9) som inte finns i tabellen (Projekt).'), ['Projektnr', 'validation']],
    ['business-central', 400, businessCentral('Le champ Code projet de la table Ligne contient une valeur (P9) introuvable dans la table (Projet).'), ['Code projet', 'validation']],
    ['business-central', 400, businessCentral('Kreditorgruppe muss einen Wert in Kreditor haben: Nr.=7.'), ['Kreditorgruppe', 'validation']],
    ['business-central', 400, businessCentral('Fecha documento no debe ser 01/02/26 en Línea.'), ['Fecha documento', 'validation']],
    ['business-central', 400, businessCentral('Betalingsfrist må ikke være tom i Linje.'), ['Betalingsfrist', 'validation']],
    ['business-central', 400, businessCentral('El pedido 77 ya existe para este cliente.'), [null, 'conflict']],
    ['dynamics-365-fo', 400, infolog("Avertissement : Le champ 'Groupe' doit être renseigné.; Avertissement : validateWrite a échoué."), ['Groupe', 'validation', "Le champ 'Groupe' doit être renseigné."]],
    ['dynamics-365-fo', 400, infolog("Warnung: Das Feld 'Gruppe' muss ausgefüllt werden.; Warnung: Fehler bei validateWrite."), ['Gruppe', 'validation', "Das Feld 'Gruppe' muss ausgefüllt werden."]],
    ['erpnext', 417, frappe('LinkValidationError', 'Kunne ikke finne Avdeling: Salg'), ['Avdeling', 'validation']],
    ['erpnext', 417, frappe('UniqueValidationError', 'Mobilnummer må være unik'), ['Mobilnummer', 'conflict']],
    ['zendesk', 422, invalid({ base: [{ description: 'Asunto: no puede estar en blanco', error: 'BlankValue' }] }), ['Asunto', 'validation']],
    ['zendesk', 422, invalid({ 标题: [{ description: '标题 已被使用' }] }), ['标题', 'conflict']],
    ['tripletex', 422, { code: 18000, validationMessages: [{ field: 'number', message: 'Det finnes allerede en vare med dette nummeret.' }] }, ['number', 'conflict']],
    ['salesforce', 400, [{ errorCode: 'REQUIRED_FIELD_MISSING', message: 'Campos obrigatórios ausentes: [Phone]' }], ['Phone', 'validation']],
  ])('%s %i: %j', (...about) => holds(about));
});

describe('the same refusal in another place', () => {
  test.each<Case>([
    ['apollo', 422, { error: 'Please provide a valid domain.' }, ['domain', 'validation']],
    ['erpnext', 500, { exc_type: 'DataError', exception: 'pymysql.err.DataError: (1406, "Data too long for column \'remarks\' at row 1")' }, ['remarks', 'validation', "Data too long for column 'remarks' at row 1"]],
    ['erpnext', 403, frappe('PermissionError', '<details><summary>You may not.</summary>Ask <b>Kari</b>.</details>'), [null, 'permission', 'You may not. Ask Kari.']],
    ['hubspot', 400, { status: 'error', message: 'Invalid input JSON on line 1, column 2. Some required fields were not set: [label, type]' }, ['label', 'validation']],
    ['hubspot', 400, { status: 'error', message: 'Unable to parse value for path parameter: listId' }, ['listId', 'validation']],
    ['salesforce', 400, [{ errorCode: 'DUPLICATE_VALUE', message: 'duplicate value found: Key__c duplicates value on record with id: 001' }], ['Key__c', 'conflict']],
    ['salesforce', 400, [{ errorCode: 'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST', message: 'bad value for restricted picklist field: Europe' }], [null, 'validation']],
    ['servicenow', 400, { error: { message: 'Invalid Insert', detail: 'Duplicate entry for key number' }, status: 'failure' }, [null, 'conflict', 'Duplicate entry for key number']],
    ['pagerduty', 400, { status: 'invalid event', message: 'Event object is invalid', errors: "'dedup_key' is too long" }, ['dedup_key', 'validation', "'dedup_key' is too long"]],
    ['pagerduty', 400, { status: 'invalid event' }, [null, 'validation', 'invalid event']],
    ['pushover', 400, { info: 'x', sound: 'is unknown', errors: ['sound is unknown'], status: 0 }, ['sound', 'validation']],
    ['resend', 403, { statusCode: 403, name: 'validation_error', message: 'You can only send to yourself. Verify a domain and change the `from` address.' }, [null, 'permission']],
    ['tripletex', 400, { code: 4000, message: 'Bad Request', developerMessage: 'Illegal filter on amounts.', validationMessages: null }, [null, 'validation', 'Illegal filter on amounts.']],
    ['workday', 500, '<Fault><faultcode>Client.validationError</faultcode><faultstring>The entered value is outside what is allowed for this field. (Journal_Source_Reference).</faultstring></Fault>', ['Journal_Source_Reference', 'validation']],
    ['zoom', 400, { code: 300, message: 'The value for the schedule_for field is invalid. Enter another value and try again.' }, ['schedule_for', 'validation']],
    ['zoominfo', 400, { errors: [{ code: 'P5', detail: 'Invalid field requested: linkedinUrl' }] }, ['linkedinUrl', 'schema']],
    ['dataverse', 400, { error: { code: '0x80048d19', message: "Error in payload ----> InnerException : A.ODataException: Cannot convert the literal 'x'. ---> System.FormatException: Wrong format." } }, [null, 'schema', "Cannot convert the literal 'x'."]],
    ['ses', 400, { message: "1 validation error detected: Value null at 'subject.data' failed to satisfy constraint: Member must not be null" }, ['subject.data', 'validation']],
  ])('%s %i: %j', (...about) => holds(about));

  test('a problem type is an address, never a code', () => {
    expect(said('halopsa', 400, { type: 'https://example.org/rfc#section-15.5.1', title: 'One or more validation errors occurred.', errors: { site_id: ['Must be a number.'] } }))
      .toMatchObject({ code: null, field: 'site_id', message: 'Must be a number.' });
  });

  test('a code alone is kept', () => {
    expect(said('hubspot', 404, { status: 'error', category: 'OBJECT_NOT_FOUND' })).toMatchObject({ code: 'OBJECT_NOT_FOUND', category: 'not_found' });
  });

  test('a request that cannot be understood is not sent again because its answer says "try again"', () => {
    expect(said('other', 400, { message: 'Invalid request payload. Read the documentation and try again.' })).toMatchObject({ category: 'schema', retryable: false });
    expect(said('other', 400, { message: 'Not ready. Please try again later.' })).toMatchObject({ category: 'server', retryable: true });
  });
});

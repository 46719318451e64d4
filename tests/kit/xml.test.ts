import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { elementAt, isXmlText, readXml, tag, writeXml, XmlProblem } from '../../supabase/functions/_kit/xml.ts';
import type { XmlElement, XmlNode } from '../../supabase/functions/_kit/xml.ts';

const name = fc.stringMatching(/^[A-Za-zÆØÅ_][\w.-]{0,8}$/);
const text = fc.string({ unit: 'binary', maxLength: 30 }).filter(isXmlText);
const node: fc.Arbitrary<XmlNode> = fc.letrec<{ node: XmlNode }>((tie) => ({
  node: fc.tuple(name, fc.oneof({ maxDepth: 4 }, text, fc.array(tie('node'), { maxLength: 4 })), fc.dictionary(name, text, { maxKeys: 3 }))
    .map(([own, content, attributes]) => tag(own, content, attributes)),
})).node;

/** What was written, in the form in which it is read. */
const asRead = ({ name: own, content, attributes }: XmlNode): XmlElement => ({
  name: own, space: null, attributes: new Map(Object.entries(attributes)),
  children: typeof content === 'string' ? [] : content.map(asRead), text: typeof content === 'string' ? content : '',
});

describe('XML', () => {
  it('reads whatever it wrote, to the last character', () => {
    const free = node.filter((one) => !/xmlns/i.test(writeXml(one)));
    fc.assert(fc.property(free, (one) => {
      expect(readXml(`<?xml version="1.0" encoding="UTF-8"?>\n${writeXml(one)}\n`)).toEqual(asRead(one));
    }), { numRuns: 300 });
  });

  it('reads half of a document never, and any other text only as itself or not at all', () => {
    fc.assert(fc.property(node, fc.double({ min: 0, max: 0.999, noNaN: true }), (one, share) => {
      const whole = writeXml(one);
      expect(() => readXml(whole.slice(0, Math.floor(whole.length * share)))).toThrow(XmlProblem);
    }));
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom('<', '>', '/', '!', '?', '[', ']', '-', '&', ';', '#', '"', '\'', '=', ':', ' ', 'a', 'x', 'C', '\n') }), (any) => {
      try {
        expect(readXml(any).name).not.toBe('');
      } catch (error) {
        expect(error).toBeInstanceOf(XmlProblem);
      }
    }), { numRuns: 1_000 });
  });

  it('knows an element by its namespace, whatever its prefix', () => {
    const read = readXml('<a:A xmlns:a="urn:1" xmlns="urn:2"><B a:id="1" id2=\'2\'><a:C xmlns:a="urn:3"/></B><a:B> x<!-- no --><![CDATA[<&]]> </a:B></a:A>');
    expect(elementAt(read, 'B')).toMatchObject({ space: 'urn:1', text: ' x<& ' });
    expect(read.children[0]).toMatchObject({ name: 'B', space: 'urn:2', children: [{ name: 'C', space: 'urn:3' }] });
    expect(read.children[0]?.attributes).toEqual(new Map([['id', '1'], ['id2', '2']]));
  });

  it.each([
    ['a document type', '<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>'],
    ['an entity nobody declared', '<a>&nbsp;</a>'],
    ['a lone ampersand', '<a>this & that</a>'],
    ['a number that is no character', '<a>&#0;</a>'],
    ['half a pair', '<a>&#xD800;</a>'],
    ['a number beyond all characters', '<a>&#x110000;</a>'],
    ['a control character', '<a>\u0001</a>'],
    ['an end that is another’s', '<a><b></a></b>'],
    ['an end too many', '<a/></a>'],
    ['two outermost elements', '<a/><b/>'],
    ['text around it', 'x<a/>'],
    ['an attribute twice', '<a b="1" b="2"/>'],
    ['an attribute without quotes', '<a b=1/>'],
    ['a prefix that is declared nowhere', '<p:a/>'],
    ['another encoding', '<?xml version="1.0" encoding="ISO-8859-1"?><a/>'],
    ['nothing', ''],
    ['a page', '<!doctype html><html><br></html>'],
  ])('refuses %s', (_, document) => {
    expect(() => readXml(document)).toThrow(XmlProblem);
  });

  it('refuses what is too deep, too many or too large, soon', () => {
    expect(() => readXml('<a>'.repeat(10_000))).toThrow('more');
    expect(() => readXml(`<r>${'<a/>'.repeat(400_000)}</r>`)).toThrow('more');
    expect(() => readXml(' '.repeat(16_000_001))).toThrow('larger');
    expect(() => readXml(`<a${' '.repeat(200_000)}`)).toThrow(XmlProblem);
    expect(() => readXml(`<a ${'b="" '.repeat(50_000)}`)).toThrow(XmlProblem);
  });

  it('writes no name that would be more than a name, and no character XML cannot hold', () => {
    expect(() => writeXml(tag('a b="1"', ''))).toThrow(TypeError);
    expect(() => writeXml(tag('a', '', { 'b><c': '' }))).toThrow(TypeError);
    expect(() => writeXml(tag('a', '\ud800'))).toThrow(TypeError);
  });
});

import { describe, expect, test } from "bun:test";
import { strToU8, zipSync } from "fflate";
import { isOfficeDocument, officeText } from "../../../src/tools/documents/office_text.ts";
import { attributeOf, xmlTokens } from "../../../src/tools/documents/xml.ts";

function zip(parts: Readonly<Record<string, string>>): Uint8Array {
  return zipSync(
    Object.fromEntries(Object.entries(parts).map(([name, text]) => [name, strToU8(text)])),
    { level: 1 },
  );
}

const header = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';

function docx(body: string): Uint8Array {
  return zip({
    "[Content_Types].xml": "<Types/>",
    "word/document.xml": `${header}<w:document><w:body>${body}</w:body></w:document>`,
  });
}

const paragraph = (text: string): string =>
  `<w:p w:rsidR="00"><w:pPr><w:pStyle w:val="x"/></w:pPr><w:r><w:t xml:space="preserve">${text}</w:t></w:r></w:p>`;

describe("officeText()", () => {
  test("gives a line for each paragraph of a Word document", async () => {
    const bytes = docx(
      paragraph("Tom &amp; &lt;Jerry&gt; &#8220;x&#x1F4BE;") +
        "<w:p/>" +
        "<w:p><w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t></w:r>" +
        "<w:del><w:r><w:delText>gone</w:delText></w:r></w:del></w:p>",
    );
    expect(await officeText("/x/a.docx", bytes)).toBe("Tom & <Jerry> “x💾\n\na\tb\nc\n");
  });

  test("gives a line for each row of a table in a Word document", async () => {
    const cell = (text: string): string => `<w:tc>${paragraph(text)}</w:tc>`;
    const row = (...texts: readonly string[]): string => `<w:tr>${texts.map(cell).join("")}</w:tr>`;
    const bytes = docx(`<w:tbl>${row("a", "b")}${row("c", "d")}</w:tbl>${paragraph("end")}`);
    expect(await officeText("/x/a.DOCX", bytes)).toBe("a \tb\nc \td\nend\n");
  });

  test("gives the cells of every sheet of a workbook", async () => {
    const bytes = zip({
      "xl/workbook.xml":
        '<workbook><sheets><sheet name="One &amp; two" sheetId="1" r:id="rId7"/>' +
        '<sheet name="Empty" sheetId="2" r:id="rId8"/></sheets></workbook>',
      "xl/_rels/workbook.xml.rels":
        '<Relationships><Relationship Id="rId7" Target="worksheets/sheet1.xml"/>' +
        '<Relationship Id="rId8" Target="/xl/worksheets/sheet2.xml"/></Relationships>',
      "xl/sharedStrings.xml":
        "<sst><si><t>name</t></si><si><r><t>two </t></r><r><t>runs</t></r><rPh><t>no</t></rPh></si></sst>",
      "xl/worksheets/sheet1.xml":
        '<worksheet><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="C1"><v>4.5</v></c></row>' +
        '<row r="2"/>' +
        '<row r="3"><c r="B3" t="inlineStr"><is><t>in\nline</t></is></c><c t="s"><v>1</v></c>' +
        '<c t="str"><f>A1&amp;"x"</f><v>formula</v></c></row></sheetData></worksheet>',
      "xl/worksheets/sheet2.xml": "<worksheet><sheetData/></worksheet>",
    });
    expect(await officeText("/x/a.xlsx", bytes)).toBe(
      "## One & two\nname\t\t4.5\n\tin line\ttwo runs\tformula\n## Empty",
    );
  });

  test("gives nothing of what is no document of its name", async () => {
    expect(await officeText("/x/a.docx", strToU8("plain text"))).toBeUndefined();
    expect(
      await officeText("/x/a.docx", zip({ "xl/workbook.xml": "<workbook/>" })),
    ).toBeUndefined();
    expect(await officeText("/x/a.xlsx", docx(paragraph("a")))).toBeUndefined();
    expect(await officeText("/x/a.docx", docx("a").slice(0, 60))).toBeUndefined();
  });

  test("unpacks no part that is larger than 50 MB", async () => {
    const bomb = docx(paragraph("x".repeat(51 * 1024 * 1024)));
    expect(bomb.length).toBeLessThan(1_000_000);
    expect(await officeText("/x/a.docx", bomb)).toBeUndefined();
  });

  test("ends a workbook whose cells lie so far apart that their tabs fill the memory", async () => {
    const row = '<row><c r="XFD1"><v>1</v></c></row>';
    const bytes = zip({
      "xl/workbook.xml": '<workbook><sheet name="s" r:id="r"/></workbook>',
      "xl/_rels/workbook.xml.rels":
        '<Relationships><Relationship Id="r" Target="worksheets/s.xml"/></Relationships>',
      "xl/worksheets/s.xml": `<sheetData>${row.repeat(5_000)}</sheetData>`,
    });
    const text = (await officeText("/x/a.xlsx", bytes)) ?? "";
    expect(text.length).toBeGreaterThan(19_000_000);
    expect(text.length).toBeLessThan(21_000_000);
  });
});

test("isOfficeDocument() goes by the name", () => {
  expect(["/a.docx", "/a.XLSX", "/a.doc", "/docx", "/a.docx.txt"].map(isOfficeDocument)).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});

test("xmlTokens() gives tags and texts, and gets through what is no XML", () => {
  expect([...xmlTokens("<a:b c='1'/>x<d>&amp;y</d>")]).toEqual([
    { kind: "open", name: "a:b", attributes: " c='1'" },
    { kind: "close", name: "a:b" },
    { kind: "text", text: "x" },
    { kind: "open", name: "d", attributes: "" },
    { kind: "text", text: "&y" },
    { kind: "close", name: "d" },
  ]);
  expect([...xmlTokens("< <a <<b")].map(({ kind }) => kind)).not.toContain("open");
  expect([...xmlTokens("<a ".repeat(50_000))].map(({ kind }) => kind)).not.toContain("open");
});

test("attributeOf() reads an attribute by its whole name", () => {
  const attributes = ` xr:id="no" id='a&quot;b' name = "n" `;
  expect([attributeOf(attributes, "id"), attributeOf(attributes, "name")]).toEqual(['a"b', "n"]);
  expect(attributeOf(attributes, "x")).toBeUndefined();
});

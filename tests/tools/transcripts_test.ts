/** The transcripts in the documents are up to date. */
import { DOCUMENTS, withTranscripts } from "../../tools/transcripts.ts";
import { assertEquals } from "../helpers/assert.ts";

for (const document of DOCUMENTS) {
  const name = document.pathname.split("/").at(-1)!;
  Deno.test(`The transcripts in ${name} are what the program prints`, async () => {
    const text = await Deno.readTextFile(document);
    assertEquals(await withTranscripts(text), text, `${name} is out of date: run deno task transcripts`);
  });
}

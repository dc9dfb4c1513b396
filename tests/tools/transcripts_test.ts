/** The transcripts in the documents show what the program prints now. */
import { DOCUMENTS, withTranscripts } from "../../tools/transcripts.ts";
import { assertEquals } from "../helpers/assert.ts";

for (const document of DOCUMENTS) {
  const name = document.pathname.split("/").at(-1)!;
  Deno.test(`The transcripts in ${name} are what the program prints`, async () => {
    const text = await Deno.readTextFile(document);
    assertEquals(await withTranscripts(text), text, `${name} is stale: run deno task transcripts`);
  });
}

/** Names that look alike share a skeleton, and names that do not have none in common. */
import fc from "fast-check";
import { checkName, nameKey, nameSkeletons, ProtocolError } from "../../protocol/mod.ts";
import { TABLE, tableFile } from "../../tools/confusables.ts";
import { assert, assertEquals, assertThrows } from "../helpers/assert.ts";
import { cases } from "../helpers/fuzz.ts";

/** Registers a test without permissions. */
function pure(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

const alike = (one: string, other: string) =>
  nameSkeletons(one).some((skeleton) => nameSkeletons(other).includes(skeleton));

const ALIKE: [string, string][] = [
  ["lan", "Ian"],
  ["lan", "1an"],
  ["ian", "LAN"],
  ["O2", "02"],
  ["bo0k", "book"],
  ["rnary", "mary"],
  ["RNARY", "mary"],
  ["cop", "\u0441\u043e\u0440"], // Cyrillic, small
  ["cop", "\u0421\u041e\u0420"], // Cyrillic, capitals
  ["top", "\u0422\u043e\u0440"], // only the capital of т looks like a T
  ["top", "\u0442\u043e\u0440"], // and its small letter stands for it
  ["harry", "\u041d\u0430\u0433\u0433\u0443"], // н looks like h as a capital, г like r as a small letter
  ["harry", "\u043d\u0430\u0433\u0413\u0443"],
  ["Nina", "\u039d\u0399\u039d\u0391"], // Greek, capitals
  ["vivo", "\u03bd\u03b9\u03bd\u03bf"], // Greek, small: ν looks like v
  ["navo", "\u039d\u03b1\u03bd\u03bf"], // Greek, small after a capital
  ["hoh", "\u0570\u0585\u0570"], // Armenian
  ["\u0441\u043e\u0440", "\u03f2\u03bf\u03c1"], // Cyrillic and Greek
  ["cop", "\u03f2\u03bf\u03c1"], // ϲ looks like c, but its key is that of a sigma
  ["fan", "\u017fan"], // ſ looks like f, but its key is that of s
  ["san", "\u017fan"],
  ["ana", "\uff21\uff4e\uff41"], // full width
  ["ana", "\u1d00\u0274\u1d00"], // small capitals
  ["gina", "\u0261ina"], // script g
  ["zoe", "\u1d22oe"],
  ["oslo", "\u041e\u0455\u04cf\u043e"], // Cyrillic, with palochka
  ["\u529b", "\u30ab"], // Han and katakana
  ["\u4e8c", "\u30cb"],
  ["\u5de5", "\u30a8"],
  ["\u0661", "l"], // a digit of Arabic
];

pure("Names that look alike share a skeleton", () => {
  for (const [one, other] of ALIKE) {
    for (const name of [one, other]) checkName(name);
    assert(alike(one, other), `${one} and ${other}: ${nameSkeletons(one)} and ${nameSkeletons(other)}`);
  }
});

const APART: [string, string][] = [
  ["ana", "anna"],
  ["ana", "aná"],
  ["ana", "ama"],
  ["nina", "vivo"],
  ["Иван", "иван2"],
  ["Дима", "Лима"],
  ["bob", "bod"],
  ["dan", "clan"],
  ["u", "v"],
  ["n", "v"],
  ["y", "v"],
  ["g", "q"],
  ["5", "s"],
  ["a.b", "a-b"],
  ["a_b", "a-b"],
  ["е", "ё"],
  ["は", "ば"],
  ["国", "國"],
  ["김", "킴"],
  ["Ελένη", "Ειρήνη"],
];

pure("Names that a reader can tell apart share none", () => {
  for (const [one, other] of APART) {
    assert(!alike(one, other), `${one} and ${other}: ${nameSkeletons(one)} and ${nameSkeletons(other)}`);
  }
});

pure("A name of ASCII has one skeleton, in every case", () => {
  assertEquals(nameSkeletons("William_10"), ["wllllarn_lo"]);
  assertEquals(nameSkeletons("Zoë").length, 1);
  assertEquals(nameSkeletons("\u03bd\u03b1\u03bd\u03b1").length, 3);
  for (const name of ["ana", "Ana", "ANA"]) assertEquals(nameSkeletons(name), ["ana"]);
});

pure("A text that is longer than any name is its own skeleton, and is not normalized", () => {
  const marks = "a" + "\u0301".repeat(16_000) + "\u0316".repeat(16_000);
  assertEquals(nameSkeletons(marks), [marks]);
});

pure("Names that look like one of the hub's are refused, in every script and case", () => {
  for (
    const name of [
      "\u0405\u0435\u0433\u0475\u0435\u0433", // Cyrillic
      "\ua731\u1d07\u0280\u1d20\u1d07\u0280", // small capitals
      "5erver",
      "\u0280iftchat",
      "rifTchat",
      "R1FTCHAT",
      "systern",
    ]
  ) {
    const error = assertThrows(() => checkName(name), ProtocolError);
    assertEquals(error.word, "name_reserved", name);
  }
});

/** Characters of one script, among them those that look like others. */
const ALPHABETS = [
  "abdeghilmnorstvwyzABDEGHILMNORSTVY0123456789_.-øłđßﬁıİĸʙʀᴛɡɑſÆæȝɮ",
  "09_.-αβγδεζηθικλμνξοπρστυφχψωςϛϝΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩάέήίόύώΐϊ",
  "09_.-абвгдеёжзийклмнопрстуфхцчшщъыьэюяАБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯіїєґҊҋӏѕјһԁ",
  "09_.-աբգդեզէըթժիլխծկհձղճմյնշոչպջռսվտրցւփքօֆԱԲԳԴԵԶԷԸԹԺԻԼԽԾԿՀՁՂՃՄՅՆՇՈՉՊՋՌՍՎՏՐՑՒՓՔՕՖև",
  "09_.-漢二工力口夕卜一ニエカロタトーハヘへはばガｶﾞ",
  "09_.-اهوىيیکك٠١٥۰۱۵محمدﷺ",
  "09_.-कखगिी्ृ०१२",
  "09_.-აბჳႠᲐᲳ",
];
const nameOfOneScript = fc.constantFrom(...ALPHABETS).chain((alphabet) =>
  fc.array(fc.constantFrom(...alphabet), { minLength: 1, maxLength: 32 }).map((letters) =>
    letters.join("").normalize("NFC")
  )
).filter((name) => [...name].length <= 32);

pure("All spellings of a name share the skeletons of its key", () => {
  fc.assert(
    fc.property(nameOfOneScript, (name) => {
      const skeletons = nameSkeletons(nameKey(name));
      assert(skeletons.length >= 1 && skeletons.length <= 4);
      for (
        const same of [
          name,
          name.toUpperCase(),
          name.toLowerCase(),
          name.normalize("NFKC"),
          name.normalize("NFKD"),
        ]
      ) {
        assertEquals(nameKey(same), nameKey(name));
        const others = nameSkeletons(same);
        assert(skeletons.every((one) => others.includes(one)), `${name} ${skeletons}, ${same} ${others}`);
      }
    }),
    cases(3000),
  );
});

pure("A skeleton is one of its own skeletons, for every name of one character and any other", () => {
  const check = (name: string) => {
    for (const skeleton of nameSkeletons(name)) {
      if (!nameSkeletons(skeleton).includes(skeleton)) {
        throw new Error(`${name} has ${skeleton}, which has ${nameSkeletons(skeleton)}`);
      }
    }
  };
  for (let code = 0; code <= 0x10ffff; code += code < 0x3000 ? 1 : code < 0x10000 ? 7 : 101) {
    if (/[\p{L}\p{Nd}]/u.test(String.fromCodePoint(code))) check(String.fromCodePoint(code));
  }
  fc.assert(fc.property(nameOfOneScript, check), cases(3000));
});

Deno.test("The table of look-alikes is up to date: deno task confusables", async () => {
  assertEquals(await Deno.readTextFile(TABLE), tableFile());
});

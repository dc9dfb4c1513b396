/**
 * What a search finds in many languages: a description, a message, and what somebody types who looks for it.
 *
 * @module
 */

/** Searches that find the message. */
export const FOUND: readonly (readonly [what: string, message: string, match: string])[] = [
  ["another case", "The Build FAILED", "build failed"],
  ["Vietnamese without accents", "Tôi yêu Việt Nam", "viet"],
  ["Vietnamese with accents, in NFD", "Tôi yêu Việt Nam", "Việt".normalize("NFD")],
  ["Vietnamese đ", "Đà Nẵng", "da nang"],
  ["Greek without accents", "τα Ελληνικά μου", "ελληνικα"],
  ["Greek capitals, final sigma", "ΟΔΟΣ", "οδος"],
  ["Greek with several accents", "ᾗ", "η"],
  ["Cyrillic without dots", "Ёлка", "елка"],
  ["Cyrillic with a stress mark", "за\u0301мок", "замок"],
  ["German", "Straße, größer", "STRASSE grosser"],
  ["Polish and Danish", "Łódź, smørrebrød", "lodz smorrebrod"],
  ["Turkish", "İstanbul ılık", "istanbul ilik"],
  ["French ligature", "un œuf", "oeuf"],
  ["a ligature of typography", "ﬁne", "fine"],
  ["full width", "ＡＢＣ", "abc"],
  ["Devanagari", "मैं हिन्दी में लिखता हूँ", "हिन्दी"],
  ["Devanagari with and without nukta", "ज़रूर", "जरूर"],
  ["Devanagari with a joiner", "क्\u200dष", "क्ष"],
  ["Devanagari digits", "सन २०२४", "2024"],
  ["Tamil", "இது தமிழ் மொழி", "தமிழ்"],
  ["Bengali", "আমি বাংলায় লিখি", "বাংলায়"],
  ["Bengali in NFD", "আমি বাংলায় লিখি", "বাংলায়".normalize("NFD")],
  ["Telugu", "నా తెలుగు", "తెలుగు"],
  ["Sinhala", "මගේ සිංහල", "සිංහල"],
  ["Arabic without vowel signs", "شَمْس", "شمس"],
  ["Arabic with a hamza", "أحمد", "احمد"],
  ["Arabic with a lengthened word", "مـــرحبا", "مرحبا"],
  ["Persian with a joiner, Arabic keyboard", "می\u200cخواهم", "ميخواهم"],
  ["Hebrew without points", "שָׁלוֹם", "שלום"],
  ["Thai, a word of a sentence", "ฉันกินข้าวที่บ้าน", "ข้าว"],
  ["Thai, the whole sentence", "ฉันกินข้าวที่บ้าน", "ฉันกินข้าวที่บ้าน"],
  ["Thai, two words", "ฉันกินข้าวที่บ้าน", "บ้าน กิน"],
  ["Lao", "ຂ້ອຍກິນເຂົ້າ", "ເຂົ້າ"],
  ["Khmer", "ខ្ញុំញ៉ាំបាយ", "បាយ"],
  ["Burmese", "မြန်မာစကား", "စကား"],
  ["Tibetan", "བོད་སྐད་ཡིན", "སྐད"],
  ["Chinese, two characters of a sentence", "第二台机器上的构建又失败了", "构建"],
  ["Chinese, one character", "第二台机器上的构建又失败了", "又"],
  ["Chinese beside Latin", "我的iPhone手机", "iphone 手机"],
  ["Chinese with a number", "2024年", "2024年"],
  ["a character beyond the first plane", "𠮷野家", "𠮷"],
  ["Japanese, part of a run", "東京都に住んでいます", "京都に"],
  ["Japanese katakana in half width", "ｶﾀｶﾅﾃﾞｽ", "カタカナデス"],
  ["Japanese with a long vowel", "コーヒー", "コーヒ"],
  ["Korean with a particle", "한국어를 공부해요", "한국어"],
  ["Korean in NFD", "한국어를 공부해요", "한국어".normalize("NFD")],
];

/** Searches that do not find the message. */
export const NOT_FOUND: readonly (readonly [what: string, message: string, match: string])[] = [
  ["part of a word", "building", "build"],
  ["another Cyrillic letter", "мои", "мой"],
  ["another Ukrainian letter", "іхній", "їхній"],
  ["another kana", "かき", "が"],
  ["Devanagari without its vowel signs", "हिन्दी", "हनद"],
  ["part of a Tamil word", "தமிழ்மொழி", "தமிழ்"],
  ["pairs in another order", "京都東京", "東京都"],
  ["pairs of a long text in another order", "一二三四五二六", "五二三"],
  ["one of two words", "東京", "東京 大阪"],
];

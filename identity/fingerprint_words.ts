/**
 * The 256 words of a fingerprint that is read aloud: one for each value of a byte, in order.
 *
 * Rules: common English words. No two share their first three letters, and any two differ by at least three edits, so a
 * word that is misheard or mistyped matches none. The list never changes, because users write fingerprints down.
 *
 * PURE.
 *
 * @module
 */

/** The words; the index of each is the byte that it stands for. */
export const FINGERPRINT_WORDS: readonly string[] = `
abbey acorn address adult agent alarm anchor angle apron arch armor atlas attic avocado azure badge
baker bamboo banjo barrel beach bishop blanket blossom bottle boulder brother brush bubble bucket
buffalo bulldog butter cabin cactus camera canyon captain castle cedar cello cherry chimney cinema
circus cliff clover cobra coconut coffee comet cookie copper cotton cradle cricket crown crystal cushion
cyclone daisy dancer debris delta denim desert diamond dice doctor dolphin domino donkey dozen dragon
drummer duchess dungeon dwarf easel echo eclipse eight elbow elder embassy emerald empire engine epoch
equator evening exit eyebrow fabric falcon family feast fiddle fig filter fleet flute forest fossil
galaxy garage genius geyser ghost giant ginger goblin guitar gypsum hail hammer helium hermit hiking
hobby hotel hut icicle igloo indigo infant ink insect island ivory jaguar jewel jigsaw kayak kernel
kidney kiwi knot koala ladder lagoon laptop leaf lemon lilac linen lizard lumber lunch lynx lyric magic
maple meadow mirror mist mobile mocha moon muffin museum napkin nectar needle nephew nickel north nugget
nurse nylon oasis ocean office olive onion opera orange orchid owl oxygen ozone pajama palace parrot
pencil photo picnic pigeon pillow pirate pizza plum pond potato prince puppet purple queen quilt quota
rabbit radio raven razor rhythm ribbon ripple robot rope royal runner sailor sandal school shelf shoe
sky smile sofa spider star sunset symbol syrup taxi teapot temple tennis throne tower tribe tuba tulip
twenty ultra urban vacuum valley velvet violin voyage waffle walnut wasp web whale wheel window wonder
wreath yacht yard yeti yogurt zenith zigzag
`.trim().split(/\s+/);

/**
 * The Wordle vocabularies of LMRL-Gym (abdulhaim/LMRL-Gym, MIT, Copyright (c) 2022 Charlie Snell), by the names that it
 * gives them: those of '200', '400' and '800' hold 236, 431 and 826 words.
 */

export const vocabularies = {
  '200': `
trash snare taffy solar dopey strip raspy glade ulcer denim spore rarer wedge stash finer vicar panel tryst siege
rocky audio final umbra badly slack dodge close manor forte aloft shard patsy mince warty tiara tacit weedy knoll
wince juice doubt smear eject shark faint night acrid knelt media iliac blown squad waxen swath stock chafe sense
baker leash block amaze treat fishy sling mucky prick other rayon modem adage tilde build tipsy stand sonic spill
story crimp flank chili burly gravy poise swill fight ridge exile gloom petty wrist those islet elder smoky scout
sedan arose enjoy shire labor proxy panic bulge pansy trawl rowdy thorn soapy aside route laden befit gypsy stead
papal clank beard hotel might outgo trove spent pecan pleat lapse roach angst where could buyer nadir index pause
wagon sugar plush frock krill octal badge whose sinew elfin blaze depot wrung crook tenth cynic ruler patch waste
ditty curve tweet maple drawn ensue chaff suite freak spiky awash lyric soggy spree pried skill glide ionic mount
group equal light awoke anime perky leant attic wring giddy belly drill swamp aroma robot guile kinky noisy salad
stalk wager ennui ought grief inter haven abate comic ultra chose quark daily humor shirk hydro testy slope sappy
snake nerdy hazel point renal robin pearl chest downy bushy moist three table dimly caulk flame ratio overt tulle
shake sooth whack frame foray triad shale bliss`,
  '400': `
elect nymph solar pence glade ulcer solve coupe heath chirp hunch bacon baggy tacit abled fried recut retry ivory
unity apart altar slyly fudge swine avian stole sniff blush braid algae niece swill clung wrist noble north elder
polka spilt medic laden blade tacky trove camel storm hello index elbow idler knead chaff genie creak mamma gavel
theft swish perky rodeo cacao lipid skate salty hedge hyena range humor spiny ruddy prime bluff house amber revel
drink frame gaudy inner retro abide plied tiger idiot lunch dopey twirl seven flung fella smash fence flush fault
alloy gonad board exact rumba aloft mince wryly model clean happy knoll vigil small equip knelt acute broom proof
peril hatch saucy tough moral noose other nomad boney label gusto scoff spill crimp spice worth recur blare vixen
cedar topic civil fugue rhino speak spawn ruder fiber retch grave cider among cheat trial pixie chase geese loyal
hunky quota cynic tract buggy minim logic impel shoot stomp ovary adore rinse spear attic guard kneed annoy needy
manly bully shirk prank shell cough spurn torso snort moist scrum raise honey trope local erupt livid shied felon
mecca shake reach style covey delve unset jiffy crash barge toast allot audio print badly trust habit hoard shard
azure lucky blind hefty rebel ethos frown godly valor slate aider stoop finch aback women maker gully nasty prick
wrath frisk spell royal lefty slept petal stunk smack fluid clear lodge proxy panic thorn shock hotly gamma gypsy
farce koala broth stink merit excel angst slurp could creep pause salsa dandy tithe optic atoll brute wrung churn
natal ensue vying brawl cloth soggy bough glaze chock teary jetty light adobe leant brink forgo asset bawdy taste
gloat going morph swamp robot stalk rajah ultra liver fizzy ditch sushi dusty sheep limbo groom biome debug slain
ethic foist wound sloop gamer point pesky twist voter aisle tally teeth trail miner caulk synod touch whack guava
dutch juicy youth bayou denim disco blurt rocky frost gooey dodge forte snowy shrug relax tiara depth stuff wince
copse alive decry mania grant alter elegy icily blunt basil brush voice total chili worry seedy those smoky cream
roger loose shire allow groin china pinky grime acorn uncut donut pleat glass where liken nadir flume twang sugar
navel being pushy focal hymen baler tweet video skill sonar aloud mount spurt anode shack break satyr belly aroma
await neigh skull derby jerky humph inter sober icing sound trace blame plank augur robin madly check mirth delta
cliff facet evoke clown overt furor start zonal blond doing cello creme motto`,
  '800': `
inert solar thump dwell spoke grail ulcer shoal polar axion rarer snuff slide sully spelt novel tryst coupe ninth
minty bitty until patsy essay chirp swear pouty tacit skulk crank scuba assay input harem apply shaft smear recap
avert unity shark jolly shape crump apart dully blown river caste bravo altar verse anger rouge choke opium glyph
treat elope waltz swine blush prize quote cobra exalt bleak press swill cloud wrist lemur ghoul wacky terra spunk
elder north noise helix fiery theta stump donor knife uncle sleek truce phase medic squat setup about deity stead
train upset papal grown beard stark unmet trove camel lapse humus waver widen elbow sieve third drake slice ember
decal spout bless coast grape spicy bilge gross turbo idler unify pedal agile drape mealy mercy mamma gavel width
spiky surge album trade crawl titan theft holly awoke burst dunce viper perky serve march rodeo dumpy relay dwarf
semen chime hutch slimy gruel sperm stiff hyena ficus range humor pinch rebus dread feast kappa hovel blurb sappy
scant siren lasso binge boule melon ruddy steep flunk magma agape study abase hurry valet urine drown sooty steak
ratio cramp drink frame below foray gaily bliss motel resin clerk caper sweat dopey embed crumb unfed sheik swash
dirge singe rusty hussy cover fence flush cabal ninja tibia dusky dried alloy bleep cubic revue grain aloft owing
tabby tribe stint lever gorge model knoll vigil bring equip harsh broom truer proof salon flair saucy hatch whoop
envoy leash fifth brash elate freed noose other taint court boney odder diver diner spook spare glove scoff crony
spill punch crimp skier visor raven blare hoist vixen enema usurp begat epoxy climb right enjoy eagle fugue strut
rowdy parse aside route deign irony swift pithy angry rider welch borax crude foamy butch click ninny shirt moose
among chick totem humid trial krill howdy afire ready drain sinew hunky drawl tasty cynic chasm patch entry while
scrap boxer amble harry infer tract idiom manga notch karma tonal gruff quill shoot feign ovary adore rinse spear
jumbo error vaunt crown dicey tease sepia noisy their rebut frill ought zesty demur maxim canal event legal bully
extra sheen shirk testy hitch haunt whine torso flirt grill stood adopt flake renal swore brine moist scrum trope
candy felon filly pulse mecca shake dross crepe style metro cause repay unset taffy judge poker betel dowel prune
prowl cheap toast allot finer react great title newer valve drool print flare badly trust reset stank shine towel
shear broad slack manor woken lying shard bleat nerve nasal bingo booty fetch learn hound quest usual rainy mural
doubt blind hefty night godly viola floor macho aider rivet aback vista maker curly tubal vegan lance admin sense
block phony liner prick brunt rogue devil birch frisk spell spoof kiosk vocal lefty write story toddy miser snout
large exile corny minor risky snore token fuzzy cocoa every forth cleft sedan fraud beefy chunk proxy panic tight
coven thorn datum tenet hotly fleck death stake floss broth clank plane stink plier shift cabin aphid pecan weave
crypt stove spire angst elude could creep scoop pause dandy dairy daisy arena payer tithe optic gleam saint cyber
drone whose baron wrung crook molar waste suite cloth glaze lyric smile couch elide pried ombre gayer group light
salve anime forgo serif sumac bison juror taste going viral clang store swamp queer lapel robot guile pixel minus
mulch amass ultra buddy quell limbo cycle sigma flack hobby staid cluck slain ethic jazzy point pesky voter month
tally along knock scene affix decay agree genre miner caulk trice lunge ester touch bezel cameo whack guava queen
spent puffy radar price stain moody focus tuber since empty beget jewel rabid ripen blurt vicar giver slung rocky
diode frost basic quash guppy swirl gooey dodge close gawky snowy lobby llama stung breed clout shrug guise dough
wince idyll juice gnome sleep skunk tapir pound scald peace aging mania froth diary alter piano still chafe elegy
purer party sling scorn fishy snide mucky arson crave druid musty icily lynch waive rearm pride brain basil brush
total satin worry chili briny tonic bride ridge petty geeky those awful preen smoky usher crass shire guilt bathe
femur flute moldy worse score rumor afoul murky afoot grade savvy slave acorn mimic drive steam shall uncut pleat
donut canon where filer feral wrong liege older sugar navel abort being giant anvil blend crazy folio focal carat
again bloat depot chart baler frond seize ditty brand tweet loopy video fully skill oddly sonar pupal mount spurt
shack voila proud taper music birth belly polyp aroma medal tweed chard neigh khaki leaky salad nobly alarm spite
worst charm jerky humph shaky inter abate comic thief agent chose brook lupus slope stack fifty timid trace cheer
pulpy trunk quack opera botch robin tunic curse moult vivid audit thyme cliff gayly smart cower front overt start
wheat caput gecko forty doing cello aglow creme motto`,
} as const

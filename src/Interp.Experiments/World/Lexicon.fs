namespace Interp.Grammar

open System

/// The words of the embedded world, in groups that draws are made from.
[<RequireQualifiedAccess>]
module Lexicon =
    let private split (text: string) =
        text.Split([| ' '; '\n' |], StringSplitOptions.RemoveEmptyEntries)

    let private form key (concepts: Concept list) (text: string) =
        {
            Key = key
            Text = text.Replace('_', ' ')
            Concepts = List.toArray concepts
        }

    /// A group given as a table: one row per word, one column per form.
    let private table name columns rows =
        {
            Name = name
            Words =
                [|
                    for row in rows do
                        let cells = split row

                        if cells.Length <> List.length columns then
                            invalidArg (nameof rows) $"The row '{row}' of the group '{name}' has the wrong length."

                        {
                            Forms = [| for (key, concepts), cell in Seq.zip columns cells -> form key concepts cell |]
                        }
                |]
        }

    /// Words without further forms.
    let private words name concepts text = table name [ "", concepts ] (split text)

    let private isVowel letter = "aeiou".Contains(letter: char)

    let private pluralOf (noun: string) =
        let last = noun[noun.Length - 1]
        let endsWith (ending: string) = noun.EndsWith(ending, StringComparison.Ordinal)

        if last = 's' || last = 'x' || endsWith "ch" || endsWith "sh" then noun + "es"
        elif last = 'y' && not (isVowel noun[noun.Length - 2]) then noun[.. noun.Length - 2] + "ies"
        else noun + "s"

    /// Nouns with their plurals; an irregular plural follows a slash.
    let private nouns name concept text =
        let rows =
            [
                for entry in split text ->
                    match entry.Split '/' with
                    | [| singular; plural |] -> $"{singular} {plural}"
                    | _ -> $"{entry} {pluralOf entry}"
            ]

        table name [ "", [ concept ]; "s", [ concept; Concept.plural ] ] rows

    let private join name groups =
        {
            Name = name
            Words = Array.collect _.Words (List.toArray groups)
        }

    let animal =
        table
            "animal"
            [
                "", [ Concept.animal ]
                "s", [ Concept.animal; Concept.plural ]
                "said", [ Concept.pastVerb ]
                "home", [ Concept.place ]
            ]
            [
                "dog dogs barked kennel"
                "cat cats meowed basket"
                "horse horses neighed stable"
                "cow cows mooed barn"
                "sheep sheep bleated meadow"
                "goat goats bleated hill"
                "pig pigs grunted sty"
                "duck ducks quacked pond"
                "goose geese hissed pond"
                "hen hens clucked coop"
                "owl owls hooted forest"
                "crow crows cawed tree"
                "frog frogs croaked pond"
                "mouse mice squeaked hole"
                "lion lions roared cave"
                "tiger tigers roared jungle"
                "bear bears growled cave"
                "wolf wolves howled forest"
                "fox foxes yelped den"
                "bee bees buzzed hive"
                "snake snakes hissed desert"
                "monkey monkeys chattered jungle"
                "elephant elephants trumpeted jungle"
                "parrot parrots squawked cage"
                "pigeon pigeons cooed tower"
                "donkey donkeys brayed stable"
                "rabbit rabbits squeaked burrow"
                "camel camels grunted desert"
                "seal seals barked sea"
                "turkey turkeys gobbled farm"
            ]

    let colour =
        words
            "colour"
            [ Concept.colour ]
            "red blue green yellow brown black white grey pink purple orange golden silver scarlet violet turquoise"

    let fruit =
        nouns
            "fruit"
            Concept.food
            "apple pear plum cherry banana lemon grape peach melon fig apricot berry coconut mango"

    let vegetable =
        nouns
            "vegetable"
            Concept.food
            "carrot onion tomato/tomatoes potato/potatoes bean pea leek turnip mushroom pumpkin cucumber radish pepper"

    let staple =
        words "staple" [ Concept.food ] "flour rice butter cheese sugar honey salt oil cream yoghurt oats barley"

    let dish = nouns "dish" Concept.food "soup stew pie salad cake curry omelette pancake pudding sandwich casserole"

    let snack = nouns "snack" Concept.food "biscuit cookie bun muffin sausage egg loaf/loaves waffle cracker pretzel"

    let drink = words "drink" [ Concept.drink ] "tea coffee milk water juice lemonade cocoa cider"

    let vehicle =
        nouns
            "vehicle"
            Concept.vehicle
            "car bus train bicycle boat ship lorry tram taxi van ferry motorbike sledge wagon canoe scooter"

    let bodyPart =
        nouns
            "body"
            Concept.bodyPart
            "hand arm leg knee foot/feet head nose ear finger shoulder elbow toe ankle wrist neck back tooth/teeth"

    let clothing =
        nouns
            "clothing"
            Concept.clothing
            "coat hat scarf/scarves shirt jacket dress glove boot sock jumper skirt belt cap sandal apron"

    let furniture =
        nouns
            "furniture"
            Concept.furniture
            "table chair bed sofa desk cupboard shelf/shelves wardrobe bench stool drawer lamp mirror carpet"

    let tool =
        nouns
            "tool"
            Concept.tool
            "hammer saw spade ladder rope needle brush axe rake drill bucket wheelbarrow chisel spanner"

    let utensil = nouns "utensil" Concept.tool "pot pan bowl spoon knife/knives oven tray jug"

    let object =
        nouns
            "object"
            Concept.object
            "book letter key ring coin map box bag ball kite doll drum clock candle lantern umbrella basket bottle
             photograph necklace pencil puzzle ribbon whistle diary feather"

    let plant =
        nouns
            "plant"
            Concept.plant
            "rose tulip oak willow daisy lily pine fern birch sunflower maple ivy poppy orchid cactus/cacti"

    let country =
        table
            "country"
            [ "", [ Concept.country ]; "capital", [ Concept.city ]; "adj", [ Concept.nationality ] ]
            [
                "France Paris French"
                "Germany Berlin German"
                "Spain Madrid Spanish"
                "Italy Rome Italian"
                "Portugal Lisbon Portuguese"
                "Austria Vienna Austrian"
                "Poland Warsaw Polish"
                "Greece Athens Greek"
                "Norway Oslo Norwegian"
                "Sweden Stockholm Swedish"
                "Denmark Copenhagen Danish"
                "Finland Helsinki Finnish"
                "Ireland Dublin Irish"
                "Hungary Budapest Hungarian"
                "Egypt Cairo Egyptian"
                "Kenya Nairobi Kenyan"
                "Japan Tokyo Japanese"
                "China Beijing Chinese"
                "Canada Ottawa Canadian"
                "Cuba Havana Cuban"
                "Peru Lima Peruvian"
                "Turkey Ankara Turkish"
            ]

    let city = words "city" [ Concept.city ] (country.Words |> Array.map _.Form("capital").Text |> String.concat " ")

    let month =
        table
            "month"
            [ "", [ Concept.month ]; "season", [ Concept.season ] ]
            [
                "January winter"
                "February winter"
                "March spring"
                "April spring"
                "May spring"
                "June summer"
                "July summer"
                "August summer"
                "September autumn"
                "October autumn"
                "November autumn"
                "December winter"
            ]

    let weekday =
        words "weekday" [ Concept.weekday ] "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"

    let dayTime = words "daytime" [ Concept.dayTime ] "morning afternoon evening night"

    let numberWord =
        words "numberword" [ Concept.numberWord ] "two three four five six seven eight nine ten eleven twelve"

    let ordinal = words "ordinal" [ Concept.ordinal ] "first second third fourth fifth sixth seventh eighth ninth tenth"

    /// First names: the pronouns, what one calls such a person, and the title in front of the surname come along.
    let private names name concept pronoun others given =
        table
            name
            [
                "", [ concept ]
                "he", [ pronoun ]
                "him", [ pronoun ]
                "his", [ pronoun ]
                "self", [ pronoun ]
                "child", []
                "adult", []
                "sibling", [ Concept.relative ]
                "title", []
            ]
            [ for first in split given -> $"{first} {others}" ]

    let girl =
        names
            "girl"
            Concept.girlName
            Concept.femalePronoun
            "she her her herself girl woman sister Mrs"
            "Anna Mia Lucy Clara Emma Nora Ella Rosa Julia Sarah Alice Helen Laura Maria Sofia Ruth Eva Ida Lily Grace
             Martha Olivia Hannah Jane Kate Zoe Amy Ines Greta Paula"

    let boy =
        names
            "boy"
            Concept.boyName
            Concept.malePronoun
            "he him his himself boy man brother Mr"
            "Tom Ben Max Paul Peter Hugo Leo Oscar Felix Jack Henry David Simon Martin Adam Noah Sam Luke Daniel Karl
             Jonas Oliver Victor Robert Frank George Ivan Pablo Emil Anton"

    let child = join "person" [ girl; boy ]

    let surname =
        words
            "surname"
            [ Concept.surname ]
            "Smith Baker Miller Fisher Carter Cooper Mason Turner Walker Hill Wood Brook Stone Field Marsh Hunter Potter
             Weaver Parker Shepherd"

    let private relatives name pronoun others members =
        table
            name
            [ "", [ Concept.relative ]; "he", [ pronoun ]; "him", [ pronoun ]; "his", [ pronoun ] ]
            [ for relative in split members -> $"{relative} {others}" ]

    let aunt = relatives "aunt" Concept.femalePronoun "she her her" "mother grandmother aunt sister cousin"
    let uncle = relatives "uncle" Concept.malePronoun "he him his" "father grandfather uncle brother nephew"
    let family = join "family" [ aunt; uncle ]

    let private verbForms = [ "", []; "ed", [ Concept.pastVerb ] ]

    /// Verbs of motion, each with its past.
    let move =
        table
            "move"
            verbForms
            [
                "walk walked"
                "run ran"
                "hurry hurried"
                "go went"
                "ride rode"
                "march marched"
                "jump jumped"
                "climb climbed"
                "wander wandered"
                "creep crept"
                "rush rushed"
                "travel travelled"
            ]

    /// Verbs with a thing as their object.
    let handle =
        table
            "handle"
            verbForms
            [
                "find found"
                "buy bought"
                "carry carried"
                "hide hid"
                "paint painted"
                "open opened"
                "lose lost"
                "clean cleaned"
                "take took"
                "bring brought"
                "borrow borrowed"
                "repair repaired"
                "drop dropped"
                "hold held"
                "sell sold"
                "draw drew"
            ]

    let speak =
        table
            "speak"
            verbForms
            [ "say said"; "whisper whispered"; "shout shouted"; "reply replied"; "cry cried"; "call called" ]

    let quality =
        words
            "quality"
            [ Concept.adjective ]
            "old young big small tall tiny clever quiet brave strange heavy round narrow wide strong soft clean dusty
             famous polite modern wooden broken noisy shy careful ancient busy patient curious"

    let joyful =
        words "joyful" [ Concept.happyWord ] "happy glad cheerful merry proud delighted joyful pleased excited lucky"

    let sorrowful =
        words "sorrowful" [ Concept.sadWord ] "sad lonely unhappy gloomy miserable tearful worried hopeless upset sorry"

    let joy = words "joy" [ Concept.happyWord ] "laughter joy music sunshine hope delight applause fun"
    let sorrow = words "sorrow" [ Concept.sadWord ] "tears sorrow silence grief darkness loss regret pain"

    let joyVerb =
        table
            "smile"
            [ "", [ Concept.happyWord ]; "ed", [ Concept.happyWord; Concept.pastVerb ] ]
            [ "smile smiled"; "laugh laughed"; "sing sang"; "dance danced"; "cheer cheered"; "giggle giggled" ]

    let sorrowVerb =
        table
            "weep"
            [ "", [ Concept.sadWord ]; "ed", [ Concept.sadWord; Concept.pastVerb ] ]
            [ "weep wept"; "sigh sighed"; "sob sobbed"; "tremble trembled"; "mourn mourned"; "shiver shivered" ]

    let unitOf =
        nouns "unit" Concept.unitWord "gram kilo litre cup spoonful slice handful pinch"

    let weather =
        table
            "weather"
            [
                "", [ Concept.weatherNoun ]
                "adj", [ Concept.adjective ]
                "wear", [ Concept.clothing ]
                "sky", [ Concept.adjective ]
            ]
            [
                "rain wet boots dark"
                "snow snowy gloves white"
                "sunshine sunny hats clear"
                "fog foggy scarves pale"
                "wind windy jackets wild"
                "frost frosty coats bright"
                "hail stormy caps black"
                "drizzle damp jumpers dull"
            ]

    let profession =
        table
            "profession"
            [
                "", [ Concept.profession ]
                "s", [ Concept.profession; Concept.plural ]
                "at", [ Concept.place ]
                "ed", [ Concept.pastVerb ]
                "what", [ Concept.plural ]
            ]
            [
                "baker bakers bakery baked cakes"
                "teacher teachers school taught pupils"
                "doctor doctors hospital healed patients"
                "farmer farmers farm grew vegetables"
                "painter painters studio painted portraits"
                "tailor tailors workshop sewed suits"
                "sailor sailors harbour sailed ships"
                "writer writers library wrote novels"
                "cook cooks restaurant cooked dinners"
                "judge judges court judged thieves"
                "pilot pilots airport flew planes"
                "gardener gardeners park planted trees"
                "nurse nurses clinic helped patients"
                "builder builders town built houses"
                "scientist scientists laboratory studied stars"
                "singer singers theatre sang songs"
                "miner miners mine dug tunnels"
                "banker bankers bank counted loans"
                "fisherman fishermen lake caught fish"
                "carpenter carpenters workshop made tables"
            ]

    let place =
        nouns
            "place"
            Concept.place
            "library station school hospital market museum church bridge castle park bakery theatre hotel harbour garden
             restaurant factory stadium tower mill square fountain palace zoo"

    let wild = nouns "wild" Concept.place "forest lake river hill valley meadow village beach island cave field mountain"

    let sport =
        table
            "sport"
            [ "", [ Concept.sport ]; "point", []; "points", [ Concept.plural ] ]
            [
                "football goal goals"
                "hockey goal goals"
                "handball goal goals"
                "basketball point points"
                "volleyball point points"
                "rugby try tries"
                "cricket run runs"
                "tennis set sets"
            ]

    let team =
        words
            "team"
            [ Concept.team ]
            "Lions Tigers Eagles Sharks Bears Wolves Rovers Rangers Falcons Hornets Pirates Giants Rockets Dragons
             Knights Comets"

    let street =
        words
            "street"
            []
            "Mill_Lane King_Street Oak_Road Station_Road Bridge_Street Church_Lane Park_Avenue Rose_Street High_Street
             Queen_Road Garden_Lane River_Road"

    let instrument =
        nouns "instrument" Concept.instrument "piano violin flute guitar trumpet cello harp clarinet organ banjo"

    let language =
        table
            "language"
            [ "", [ Concept.language ]; "country", [ Concept.country ]; "code", [] ]
            [ "French France fr"; "German Germany de"; "Spanish Spain es" ]

    /// Things that a dialogue translates.
    let translation =
        table
            "translation"
            [ "", []; "fr", [ Concept.frenchWord ]; "de", [ Concept.germanWord ]; "es", [ Concept.spanishWord ] ]
            [
                "bread pain Brot pan"
                "cheese fromage Käse queso"
                "water eau Wasser agua"
                "milk lait Milch leche"
                "wine vin Wein vino"
                "apple pomme Apfel manzana"
                "house maison Haus casa"
                "door porte Tür puerta"
                "window fenêtre Fenster ventana"
                "street rue Straße calle"
                "book livre Buch libro"
                "dog chien Hund perro"
                "cat chat Katze gato"
                "bird oiseau Vogel pájaro"
                "horse cheval Pferd caballo"
                "fish poisson Fisch pez"
                "tree arbre Baum árbol"
                "flower fleur Blume flor"
                "sun soleil Sonne sol"
                "moon lune Mond luna"
                "night nuit Nacht noche"
                "friend ami Freund amigo"
                "school école Schule escuela"
                "train train Zug tren"
                "bridge pont Brücke puente"
                "heart cœur Herz corazón"
                "hand main Hand mano"
                "key clé Schlüssel llave"
                "egg œuf Ei huevo"
                "garden jardin Garten jardín"
                "forest forêt Wald bosque"
                "snow neige Schnee nieve"
                "rain pluie Regen lluvia"
                "fire feu Feuer fuego"
                "king roi König rey"
                "girl fille Mädchen niña"
                "boy garçon Junge niño"
                "year année Jahr año"
            ]

    /// What people say to each other, in the three languages.
    let phrase =
        table
            "phrase"
            [ "", []; "fr", [ Concept.frenchWord ]; "de", [ Concept.germanWord ]; "es", [ Concept.spanishWord ] ]
            [
                "hello bonjour guten_Tag hola"
                "thank_you merci danke gracias"
                "goodbye au_revoir auf_Wiedersehen adiós"
                "please s'il_vous_plaît bitte por_favor"
                "yes oui ja sí"
                "of_course bien_sûr natürlich claro"
                "very_good très_bien sehr_gut muy_bien"
            ]

    let opposite =
        table
            "opposite"
            [ "", [ Concept.adjective ]; "not", [ Concept.adjective ] ]
            [
                "hot cold"
                "high low"
                "fast slow"
                "light dark"
                "full empty"
                "early late"
                "rich poor"
                "hard soft"
                "long short"
                "wet dry"
                "thick thin"
                "new old"
            ]

    let mood = words "mood" [] "happy sad"

    /// Every group that a template may name.
    let all =
        [
            animal; colour; fruit; vegetable; staple; dish; snack; drink; vehicle; bodyPart; clothing; furniture; tool
            utensil; object; plant; country; city; month; weekday; dayTime; numberWord; ordinal; girl; boy; child; surname
            family; move; handle; speak; quality; joyful; sorrowful; joy; sorrow; joyVerb; sorrowVerb; unitOf; weather
            profession; place; wild; sport; team; street; instrument; language; translation; phrase; opposite; mood
        ]

    /// The numbers from least to most, in digits.
    let range least most =
        {
            Name = $"{least}-{most}"
            Words = [| for value in least..most -> Word.computed [||] (string value) |]
        }

    /// The first multiples of a number, in digits.
    let multiples step count =
        {
            Name = $"{count} multiples of {step}"
            Words = [| for i in 1..count -> Word.computed [||] (string (step * i)) |]
        }

    let private named = dict [ for group in all -> group.Name, group ]

    /// The group of that name, or the numbers of a range such as `3-9`.
    let group (name: string) =
        match named.TryGetValue name with
        | true, found -> found
        | _ ->
            match name.Split '-' |> Array.map Int32.TryParse with
            | [| true, least; true, most |] -> range least most
            | _ -> invalidArg (nameof name) $"The lexicon has no group '{name}'."

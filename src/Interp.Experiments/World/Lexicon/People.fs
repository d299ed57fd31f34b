namespace Interp.Grammar

/// Names, family, professions, what people do and how they feel.
[<RequireQualifiedAccess>]
module internal People =
    /// First names: the pronouns, what one calls such a person, and the title in front of the surname come along.
    let private names name concept pronoun others given =
        Table.table
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
            [ for first in Table.split given -> $"{first} {others}" ]

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

    let child = Table.join "person" [ girl; boy ]

    let surname =
        Table.words
            "surname"
            [ Concept.surname ]
            "Smith Baker Miller Fisher Carter Cooper Mason Turner Walker Hill Wood Brook Stone Field Marsh Hunter Potter
             Weaver Parker Shepherd"

    let private relatives name pronoun others members =
        Table.table
            name
            [
                "", [ Concept.relative ]
                "he", [ pronoun ]
                "him", [ pronoun ]
                "his", [ pronoun ]
            ]
            [ for relative in Table.split members -> $"{relative} {others}" ]

    let aunt =
        relatives "aunt" Concept.femalePronoun "she her her" "mother grandmother aunt sister cousin"

    let uncle =
        relatives "uncle" Concept.malePronoun "he him his" "father grandfather uncle brother nephew"

    let family = Table.join "family" [ aunt; uncle ]

    let profession =
        Table.table
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

    let private verbForms = [ "", []; "ed", [ Concept.pastVerb ] ]

    /// Verbs of motion, each with its past.
    let move =
        Table.table
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
        Table.table
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
        Table.table
            "speak"
            verbForms
            [
                "say said"
                "whisper whispered"
                "shout shouted"
                "reply replied"
                "cry cried"
                "call called"
            ]

    let quality =
        Table.words
            "quality"
            [ Concept.adjective ]
            "old young big small tall tiny clever quiet brave strange heavy round narrow wide strong soft clean dusty
             famous polite modern wooden broken noisy shy careful ancient busy patient curious"

    let joyful =
        Table.words
            "joyful"
            [ Concept.happyWord ]
            "happy glad cheerful merry proud delighted joyful pleased excited lucky"

    let sorrowful =
        Table.words
            "sorrowful"
            [ Concept.sadWord ]
            "sad lonely unhappy gloomy miserable tearful worried hopeless upset sorry"

    let joy =
        Table.words "joy" [ Concept.happyWord ] "laughter joy music sunshine hope delight applause fun"

    let sorrow =
        Table.words "sorrow" [ Concept.sadWord ] "tears sorrow silence grief darkness loss regret pain"

    let joyVerb =
        Table.table
            "smile"
            [ "", [ Concept.happyWord ]; "ed", [ Concept.happyWord; Concept.pastVerb ] ]
            [
                "smile smiled"
                "laugh laughed"
                "sing sang"
                "dance danced"
                "cheer cheered"
                "giggle giggled"
            ]

    let sorrowVerb =
        Table.table
            "weep"
            [ "", [ Concept.sadWord ]; "ed", [ Concept.sadWord; Concept.pastVerb ] ]
            [
                "weep wept"
                "sigh sighed"
                "sob sobbed"
                "tremble trembled"
                "mourn mourned"
                "shiver shivered"
            ]

    let mood = Table.words "mood" [] "happy sad"

namespace Interp.Grammar

open System

/// The groups of words that templates name.
[<RequireQualifiedAccess>]
module internal Lexicon =
    /// Every group that a template may name.
    let all =
        [
            Things.animal
            Things.colour
            Things.fruit
            Things.vegetable
            Things.staple
            Things.dish
            Things.snack
            Things.drink
            Things.vehicle
            Things.bodyPart
            Things.clothing
            Things.furniture
            Things.tool
            Things.utensil
            Things.object
            Things.plant
            Things.unitOf
            Things.instrument
            People.girl
            People.boy
            People.child
            People.surname
            People.family
            People.move
            People.handle
            People.speak
            People.quality
            People.joyful
            People.sorrowful
            People.joy
            People.sorrow
            People.joyVerb
            People.sorrowVerb
            People.profession
            People.mood
            Places.country
            Places.city
            Places.month
            Places.weekday
            Places.dayTime
            Places.weather
            Places.place
            Places.wild
            Places.sport
            Places.team
            Places.street
            Languages.numberWord
            Languages.ordinal
            Languages.language
            Languages.translation
            Languages.phrase
            Languages.opposite
        ]

    /// Words that grammars write out under a mark of the concept, without a draw from a group.
    let private writtenOut =
        [
            Concept.unitWord,
            "gram grams cup cups minutes hours days week weeks years degrees kilometres metres euro euros"
            Concept.direction, "left right straight north east south west"
            Concept.adjective, "warmer colder the_same"
            Concept.cookingVerb,
            "wash peel cut chop slice mix stir whisk knead add melt sprinkle put pour place cook bake boil fry roast steam
             serve cool cover"
            Concept.tool, "knife"
        ]

    /// Words in the running text of templates, on which a concept holds as it does on words that are drawn.
    let private inTemplates =
        [
            Concept.pastVerb,
            "answered asked beat became born bought broken brought came did fell felt forgot found gave got had heard hurt
             jumped led liked lived lost loved made married met moved ordered paid planned played received said sang sat saw
             slept spoke stood travelled waited walked wanted was went wept were woke won wore wrote drew died"
            Concept.plural,
            "answers children cups degrees directions euros fans grams guests hours kilometres kisses losers metres minutes
             neighbours people questions results roads sums steps streets things times weeks winners years days drivers"
            Concept.adjective,
            "best better big broken clever equal even famous full good greater hard ill little old quiet small smaller
             weak young dear"
            Concept.place, "city farm house school shop stadium street building"
            Concept.unitWord, "hour minute"
            Concept.happyWord, "love loves pleased"
            Concept.sadWord, "wept"
            Concept.dayTime, "night"
            Concept.bodyPart, "foot"
            Concept.object, "bag"
            Concept.furniture, "bed"
            Concept.profession, "drivers"
            Concept.language, "French German Spanish"
        ]

    let private conceptsInTemplates =
        [
            for concept, text in inTemplates do
                for word in Table.split text -> word.ToLowerInvariant(), concept
        ]
        |> List.groupBy fst
        |> List.map (fun (word, concepts) -> word, List.map snd concepts)
        |> dict

    /// The concepts that hold on a word in the running text of a template.
    let conceptsOf (word: string) =
        match conceptsInTemplates.TryGetValue(word.ToLowerInvariant()) with
        | true, concepts -> concepts
        | _ -> []

    /// Every spelling in lower case on which the concept may hold; empty for a concept that is not one of words.
    let spellings (concept: Concept) =
        set
            [
                for group in all do
                    for word in group.Words do
                        for form in word.Forms do
                            if Array.contains concept form.Concepts then
                                form.Text.ToLowerInvariant()

                for written, text in writtenOut @ inTemplates do
                    if written = concept then
                        for word in Table.split text do
                            word.Replace('_', ' ').ToLowerInvariant()
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

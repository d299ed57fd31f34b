namespace Interp.Grammar

/// Something that holds of a stretch of a document and whose truth the grammar knows.
type Concept =
    {
        /// Place in `World.concepts`.
        Index: int
        /// Short name in lower case, such as `past_verb`.
        Name: string
        /// One line that says when it holds.
        About: string
    }

/// The concepts of the embedded world: words, structure, discourse, kinds of text.
[<RequireQualifiedAccess>]
module internal Concept =
    let private registered = ResizeArray<Concept>()

    let private define name about =
        let concept =
            {
                Index = registered.Count
                Name = name
                About = about
            }

        registered.Add concept
        concept

    let animal = define "animal" "name of an animal"
    let colour = define "colour" "name of a colour"
    let food = define "food" "something to eat"
    let drink = define "drink" "something to drink"
    let vehicle = define "vehicle" "something to travel in or on"
    let bodyPart = define "body_part" "part of the body"
    let clothing = define "clothing" "something to wear"
    let furniture = define "furniture" "piece of furniture"
    let tool = define "tool" "tool or kitchen utensil"
    let object = define "object" "small thing that one can carry"
    let plant = define "plant" "tree or flower"
    let country = define "country" "name of a country"
    let city = define "city" "name of a city"
    let nationality = define "nationality" "adjective of a country"
    let month = define "month" "name of a month"
    let weekday = define "weekday" "day of the week"
    let season = define "season" "season of the year"
    let dayTime = define "day_time" "part of the day"
    let numberWord = define "number_word" "number written as a word"
    let ordinal = define "ordinal" "ordinal number or word of order"
    let girlName = define "girl_name" "first name of a girl"
    let boyName = define "boy_name" "first name of a boy"
    let surname = define "surname" "family name"
    let relative = define "relative" "member of the family"
    let pastVerb = define "past_verb" "verb in the past tense"
    let cookingVerb = define "cooking_verb" "what a recipe tells the cook to do"
    let adjective = define "adjective" "adjective that describes a thing or a person"
    let happyWord = define "happy_word" "word of joy"
    let sadWord = define "sad_word" "word of sorrow"
    let frenchWord = define "french_word" "word of French"
    let germanWord = define "german_word" "word of German"
    let spanishWord = define "spanish_word" "word of Spanish"
    let language = define "language" "name of a language"
    let unitWord = define "unit" "unit of measure or money"
    let weatherNoun = define "weather_noun" "kind of weather"
    let profession = define "profession" "profession"
    let place = define "place" "building or place in a town or in the country"
    let sport = define "sport" "name of a sport"
    let team = define "team" "name of a team"
    let direction = define "direction" "left, right, straight or a point of the compass"
    let instrument = define "instrument" "musical instrument"
    let plural = define "plural" "noun in the plural"

    let number = define "number" "number written in digits"
    let inBracket = define "in_bracket" "inside round, square or curly brackets"
    let inQuote = define "in_quote" "inside double quotes"
    let indentedCode = define "indented_code" "line of code that is indented"
    let codeKeyword = define "code_keyword" "keyword of the programming language"
    let functionName = define "function_name" "name of a function in code"
    let variableName = define "variable_name" "name of a variable in code"
    let codeComment = define "code_comment" "comment in code"
    let codeOperator = define "code_operator" "operator in code"

    let sumFirstDigit =
        define "sum_first_digit" "first digit of the result of an addition"

    let sumSecondDigit =
        define "sum_second_digit" "second digit of the result of an addition"

    let sumCarry = define "sum_carry" "result of an addition whose last digits carry"
    let afterEquals = define "after_equals" "right side of an equation of numbers"
    let listMarker = define "list_marker" "number or dash in front of a list item"
    let heading = define "heading" "title of the document or of a part of it"
    let dateDay = define "date_day" "day of the month in a date"
    let dateYear = define "date_year" "year"
    let clockTime = define "clock_time" "time of the day in hours and minutes"
    let sentenceStart = define "sentence_start" "first word of a sentence"
    let sentenceEnd = define "sentence_end" "mark that ends a sentence"
    let letterGreeting = define "letter_greeting" "greeting of a letter"
    let letterClosing = define "letter_closing" "closing of a letter with its signature"
    let speakerA = define "speaker_a" "turn of the first speaker of a dialogue"
    let speakerB = define "speaker_b" "turn of the second speaker of a dialogue"

    let storySad =
        define "story_sad" "the story is sad, from the sentence after the one that says so"

    let storyHappy =
        define "story_happy" "the story is happy, from the sentence after the one that says so"

    let femalePronoun = define "female_pronoun" "pronoun for a girl or a woman"
    let malePronoun = define "male_pronoun" "pronoun for a boy or a man"
    let recipeIngredients = define "recipe_ingredients" "list of what a recipe needs"
    let recipeSteps = define "recipe_steps" "steps of a recipe"
    let winner = define "winner" "name of the team that wins this match"
    let loser = define "loser" "name of the team that loses this match"
    let negated = define "negated" "rest of a sentence from its negation on"
    let question = define "question" "sentence that asks"
    let answer = define "answer" "answer to a question of a quiz"
    let destination = define "destination" "place that the directions lead to"

    /// A kind of text, as a concept: everything below the title of a document of that kind.
    let private kind name =
        define ("kind_" + name) ("document of the kind " + name)

    let kindStory = kind "story"
    let kindWeather = kind "weather"
    let kindRecipe = kind "recipe"
    let kindArithmetic = kind "arithmetic"
    let kindCode = kind "code"
    let kindCalendar = kind "calendar"
    let kindLetter = kind "letter"
    let kindDialogue = kind "dialogue"
    let kindSports = kind "sports"
    let kindDirections = kind "directions"
    let kindShop = kind "shop"
    let kindBiography = kind "biography"
    let kindQuiz = kind "quiz"

    /// Every concept, in the order of its index.
    let all = registered.ToArray()

    /// The concept of that name; a name that is none is a mistake in a grammar.
    let named name =
        all
        |> Array.tryFind (fun concept -> concept.Name = name)
        |> Option.defaultWith (fun () -> invalidArg (nameof name) $"The grammar marks an unknown concept '{name}'.")

/// Quizzes: questions about what the lexicon knows, each with its right answer.
module internal Interp.Grammar.Kinds.Quiz

open Interp.Grammar

let private slots =
    [
        "land", Places.country
        "pet", Things.animal
        "job", People.profession
        "pair", Languages.opposite
        "word", Languages.translation
        "month", Places.month
        "weather", Places.weather
    ]

let private entry question answer =
    Sequence
        [
            Literal "Question: "
            say question
            Literal "\nAnswer: "
            Mark(Concept.answer, say answer)
            line
        ]

let private questions =
    [|
        entry "what is the capital of {land}?" "{land:capital}."
        entry "which country has the capital {land:capital}?" "{land}."
        entry "what do we call people from {land}?" "{land:adj}."
        entry "which animal {pet:said} and came from the {pet:home}?" "The {pet}."
        entry "where do you find {a} {pet}?" "In the {pet:home}."
        entry "who {job:ed} {job:what}?" "The {job}."
        entry "where does the {job} work?" "At the {job:at}."
        entry "what is not {pair}?" "What is {pair:not} is not {pair}."
        entry "what is the French word for \"{word}\"?" "It is \"{word:fr}\"."
        entry "what is the German word for \"{word}\"?" "It is \"{word:de}\"."
        entry "what is the Spanish word for \"{word}\"?" "It is \"{word:es}\"."
        entry "in which season is {month}?" "In {month:season}."
        entry "what do people wear when there is {weather}?" "They wear {weather:wear}."
    |]

let private round =
    Fresh([ "land"; "pet"; "job"; "pair"; "word"; "month"; "weather" ], Several(3, 5, "", questions))

let kind =
    {
        Name = "quiz"
        Concept = Concept.kindQuiz
        Weight = 7
        Slots = slots
        Title = maybe 40 (title [ "Quiz"; "a quiz for [weekday]"; "questions and answers" ])
        Body = Sequence [ round; round ]
    }

/// Lessons: speaker B knows one foreign language and translates for speaker A, who repeats the words.
module internal Interp.Grammar.Kinds.Dialogue

open Interp.Grammar

let private slots =
    [
        "language", Languages.language
        "one", Languages.translation
        "two", Languages.translation
        "three", Languages.translation
        "pupil", People.child
        "teacher", People.child
        "place", Places.place
        "colour", Things.colour
    ]

let private turn (speaker: string) concept parts =
    Sequence [ Mark(concept, Sequence [ Literal speaker; Literal ": "; tell parts ]); line ]

let private a = turn "A" Concept.speakerA
let private b = turn "B" Concept.speakerB

/// The lesson in the language whose words have this form.
let private lesson code =
    let foreign (english: string) =
        let phrase =
            Languages.phrase.Words |> Array.find (fun phrase -> phrase.Text = english)

        let form = phrase.Form code
        Mark(form.Concepts[0], Literal form.Text)

    let hello = foreign "hello"
    let thanks = foreign "thank you"
    let goodbye = foreign "goodbye"
    let please = foreign "please"
    let yes = foreign "yes"
    let surely = foreign "of course"
    let good = foreign "very good"
    let word slot = Recall(slot, code)

    /// A sentence in which `%` stands for the word of the slot in the foreign language, `ONE` for it in English.
    let inserted slot (text: string) =
        let pieces =
            text.Replace("ONE", "{" + slot + "}").Split '%' |> Array.toList |> List.map template

        Sentence(Sequence(List.head pieces :: [ for piece in List.tail pieces -> Sequence [ word slot; piece ] ]))

    let question slot =
        oneOf
            [
                inserted slot "what is \"ONE\" in {language}?"
                inserted slot "how do you say \"ONE\" in {language}?"
                inserted slot "and what is the {language} word for \"ONE\"?"
            ]

    let reaction slot =
        oneOf
            [
                inserted slot "\"%\", I see."
                inserted slot "I have never heard \"%\"."
                Sentence(Sequence [ thanks; Literal "!" ])
            ]

    let tellWord slot =
        b
            [
                oneOf
                    [
                        inserted slot "in {language} we say \"%\"."
                        inserted slot "it is \"%\"."
                        inserted slot "the word is \"%\", and it means \"ONE\"."
                    ]
            ]

    let review =
        Sequence
            [
                b
                    [
                        oneOf
                            [
                                inserted "one" "do you remember the word \"%\"?"
                                inserted "two" "what does \"%\" mean?"
                            ]
                    ]
                a
                    [
                        inserted "one" "yes, \"%\" means \"ONE\"."
                        inserted "two" "and \"%\" means \"ONE\"."
                    ]
            ]

    Sequence
        [
            a
                [
                    Sentence(Sequence [ hello; template ", {teacher}!" ])
                    says
                        [
                            "do you speak {language}?"
                            "are you from {language:country}?"
                            "can you teach me {language}?"
                        ]
                    Sentence(Sequence [ please; Literal "!" ])
                ]
            b
                [
                    Sentence(Sequence [ hello; template ", {pupil}!" ])
                    Sentence(
                        Sequence
                            [
                                oneOf [ yes; surely ]
                                template "<, I come from {language:country}|, I speak {language} at the {place}>."
                            ]
                    )
                ]
            a [ question "one" ]
            tellWord "one"
            a [ reaction "one"; question "two" ]
            tellWord "two"
            maybe 60 (Sequence [ a [ reaction "two"; question "three" ]; tellWord "three" ])
            a
                [
                    oneOf
                        [
                            say "I will write that down."
                            say "that is not hard."
                            Sentence(Sequence [ thanks; Literal "!" ])
                        ]
                ]
            review
            b
                [
                    Sentence(Sequence [ good; Literal "." ])
                    Sentence(Sequence [ goodbye; template ", {pupil}!" ])
                ]
            a
                [
                    Sentence(Sequence [ goodbye; Literal ", "; thanks; template "<, {teacher}|>." ])
                ]
        ]

let kind =
    {
        Name = "dialogue"
        Concept = Concept.kindDialogue
        Weight = 10
        Slots = slots
        Title = maybe 30 (title [ "{pupil} learns {language}"; "{a} {language} lesson" ])
        Body =
            Switch(
                "language",
                [
                    for language in Languages.language.Words -> language.Text, lesson (language.Form("code").Text)
                ]
            )
    }

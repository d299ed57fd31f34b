/// Small stories: two children, an animal and a thing, in a mood that the second sentence sets and the end keeps.
module internal Interp.Grammar.Kinds.Story

open Interp.Grammar

let private slots =
    [
        "mood", People.mood
        "hero", People.child
        "friend", People.child
        "elder", People.family
        "pet", Things.animal
        "thing", Things.object
        "colour", Things.colour
        "place", Places.place
        "wild", Places.wild
        "day", Places.weekday
        "time", Places.dayTime
    ]

let private opening =
    says
        [
            "once there was {a} <little|young|clever|quiet> {hero:child} called {hero}"
            "{hero} was {a} [quality] {hero:child} who lived near the {place}"
            "on {day} {time} {hero} woke up early"
            "{hero} lived with {hero:his} {elder} in {a} <small|big|old> house near the {place}"
        ]

let private cue =
    Switch(
        "mood",
        [
            "happy",
            says
                [
                    "it was {a} [joyful] day."
                    "{hero:he} felt [joyful] that {time}."
                    "{hero:he} was full of [joy]."
                ]
            "sad",
            says
                [
                    "it was {a} [sorrowful] day."
                    "{hero:he} felt [sorrowful] that {time}."
                    "{hero:he} was full of [sorrow]."
                ]
        ]
    )

let private scenes =
    [|
        says
            [
                "{hero} had {a} {colour} {thing}."
                "{hero:his} {elder} gave {hero:him} {a} {colour} {thing}."
                "in {hero:his} bag there was {a} {colour} {thing}."
            ]
        says
            [
                "{hero:he} [move:ed] to the {place} to meet {hero:his} friend {friend}."
                "at the {place} {hero:he} met {friend}, {a} [quality] {friend:child}."
                "{hero:his} friend {friend} waited at the {place}, and {friend:he} had [numberword] [snack:s] for {hero:him}."
            ]
        says
            [
                "there was {a} [quality] {pet} under the [furniture]."
                "{a} {colour} {pet} came out of the {pet:home} and {pet:said}."
                "{hero:he} saw {a} [quality] {pet} near the {wild}."
            ]
        says
            [
                "they did not take the [vehicle], because it was [quality]."
                "{hero:he} never forgot {hero:his} [clothing]."
                "nobody was at the {place}, and {hero:he} [handle:ed] the [tool] alone."
                "{hero:he} [handle:ed] {a} [furniture] and [numberword] [plant:s]."
                "it was the [ordinal] time that {hero:he} went there by [vehicle]."
            ]
        says
            [
                "then {hero:he} [move:ed] over the [wild] with {hero:his} {elder}."
                "after that {hero:he} [move:ed] to the {wild}, where the [plant:s] grow."
                "in the {time} {hero:he} [handle:ed] the {thing} by {hero:self}."
            ]
        says
            [
                "there were [numberword] [wild:s] on the way, and the [ordinal] one was [quality]."
                "{a} [quality] [vehicle] stood under the [plant], and {a} [profession] sat in it."
                "{hero:his} [clothing] was {colour}, and {hero:his} [body:s] were [quality]."
            ]
    |]

let private talk =
    Switch(
        "mood",
        [
            "happy",
            says
                [
                    "\"look at my {thing}!\" {hero:he} [speak:ed]."
                    "\"I will play the [instrument] for you,\" {hero:he} [speak:ed]."
                    "\"are you [joyful] too?\" {friend} asked."
                    "\"your {pet} <likes|loves> the {thing},\" {friend} [speak:ed], and {friend:he} [smile:ed]."
                ]
            "sad",
            says
                [
                    "\"where is my {thing}?\" {hero:he} asked."
                    "\"nobody plays the [instrument] for me,\" {hero:he} [speak:ed]."
                    "\"why are you so [sorrowful]?\" {friend} asked."
                    "\"I can not find the {pet},\" {friend} [speak:ed], and {friend:he} [weep:ed]."
                ]
        ]
    )

let private doings =
    [|
        says
            [
                "{friend} [handle:ed] the [object], and {hero} [handle:ed] the {thing}."
                "{friend} [move:ed] behind the {pet}."
            ]
        says
            [
                "the {pet} {pet:said} and [move:ed] into the {pet:home}."
                "the {colour} {thing} lay on the [furniture]."
            ]
    |]

let private turn =
    Switch(
        "mood",
        [
            "happy",
            says
                [
                    "the {pet} {pet:said}, jumped up and brought the {colour} {thing} back to {hero:him}."
                    "{friend} [smile:ed], because {friend:he} had found the {thing} at the {wild}."
                    "in the end the {pet} slept in {hero:his} [body:s], and {friend} [smile:ed]."
                ]
            "sad",
            says
                [
                    "the {pet} {pet:said} one last time and went away, and the {thing} was broken."
                    "{friend} [weep:ed], because {friend:he} had lost the {colour} {thing} at the {wild}."
                    "in the end the {pet} was ill, and {hero:his} [body] hurt."
                ]
        ]
    )

let private ending =
    Switch(
        "mood",
        [
            "happy",
            says
                [
                    "{hero} and {hero:his} {elder} [smile:ed] until the {time} was over."
                    "{hero:his} {elder} was [joyful] too, and {elder:he} [smile:ed] with {hero:him}."
                    "{hero} went home [joyful] and full of [joy]."
                ]
            "sad",
            says
                [
                    "{hero} and {hero:his} {elder} [weep:ed] until the {time} was over."
                    "{hero:his} {elder} was [sorrowful] too, and {elder:he} [weep:ed] with {hero:him}."
                    "{hero} went home [sorrowful] and full of [sorrow]."
                ]
        ]
    )

let private rest =
    tell [ Several(3, 5, " ", scenes); talk; Several(1, 2, " ", doings); turn; ending ]

let kind =
    {
        Name = "story"
        Concept = Concept.kindStory
        Weight = 16
        Slots = slots
        Title = maybe 40 (title [ "{hero} and the {pet}"; "the {colour} {thing}"; "{a} {thing} for {hero}" ])
        Body =
            Sequence
                [
                    tell
                        [
                            Sequence [ opening; Literal "." ]
                            cue
                            Switch(
                                "mood",
                                [ "happy", Mark(Concept.storyHappy, rest); "sad", Mark(Concept.storySad, rest) ]
                            )
                        ]
                    line
                ]
    }

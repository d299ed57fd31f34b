/// Weather reports: the season fits the month, the temperature the season, the clothes the weather.
module internal Interp.Grammar.Kinds.Weather

open Interp.Grammar

let private slots =
    [
        "land", Places.country
        "month", Places.month
        "day", Places.weekday
        "date", Lexicon.range 1 28
        "town", Places.country
        "time", Places.dayTime
        "wind", Lexicon.range 5 60
    ]

/// Degrees that fit the season; the night is colder, the next day differs a little.
let private temperatures (scene: Scene) =
    let least, most =
        match scene.Word("month").Form("season").Text with
        | "winter" -> 1, 7
        | "summer" -> 21, 34
        | _ -> 9, 18

    let degrees = scene.Number(least, most)
    putNumber scene "degrees" degrees
    putNumber scene "night" (degrees - scene.Number(1, 6))
    let change = scene.Number(-3, 3)
    putNumber scene "tomorrow" (degrees + change)

    let trend =
        if change > 0 then "warmer"
        elif change < 0 then "colder"
        else "the same"

    scene.Set("trend", Word.computed [| Concept.adjective |] trend)
    nothing

/// Weather for a slot: snow and frost come in winter alone, bright sunshine at other times.
let private seasonal slot =
    let without names =
        Places.weather.Words |> Array.filter (fun word -> not (List.contains word.Text names))

    let winter = without [ "sunshine"; "hail" ]
    let warm = without [ "snow"; "frost" ]

    Given(fun scene ->
        scene.Set(
            slot,
            pick
                scene
                (if scene.Word("month").Form("season").Text = "winter" then
                     winter
                 else
                     warm)
        )

        nothing)

let private today =
    tell
        [
            says
                [
                    "this is the weather for {land} on {day}, {date} {month}."
                    "here is the {land:adj} weather report for {day}, {date} {month}."
                ]
            Sequence
                [
                    seasonal "now"
                    Given temperatures
                    says
                        [
                            "the temperature is {degrees} <#unit degrees>, and at night it falls to {night} <#unit degrees>."
                            "it is {degrees} <#unit degrees> now and {night} <#unit degrees> at night."
                        ]
                ]
        ]

let private reports =
    [|
        says
            [
                "there is {now} in {land:capital} this {time}."
                "in {land:capital} the {time} begins with {now} and {a} {now:sky} sky."
                "people in {land:capital} wake up to {now}."
            ]
        says
            [
                "the streets are {now:adj}, so people wear {now:wear}."
                "do not forget your {now:wear}, because the roads are {now:adj}."
                "children in {now:wear} walk through the {now:adj} streets."
            ]
        says
            [
                "the wind comes from the <#direction <north|south|east|west>> at {wind} <#unit kilometres> an hour."
                "a wind of {wind} <#unit kilometres> an hour blows over the [wild:s]."
                "there is no wind on the [wild:s]."
            ]
        Sequence
            [
                seasonal "other"
                says
                    [
                        "in the <#direction <north|south|east|west>> there is {other}, and everything is {other:adj}."
                        "drivers in the <#direction <north|south|east|west>> must watch out for {other}."
                    ]
            ]
        Sequence
            [
                seasonal "later"
                says
                    [
                        "in {town} people have {later} and wear {later:wear}."
                        "our neighbours in {town:capital} see {later} and {a} {later:sky} sky."
                    ]
            ]
        says
            [
                "it is the [ordinal] day with {now} in this {month:season}."
                "[numberword] [vehicle:s] could not leave {land:capital}."
                "after [numberword] days of {now} the [plant:s] are {now:adj}."
            ]
    |]

let private outlook =
    says
        [
            "tomorrow it will be {trend}: {tomorrow} <#unit degrees> in {land:capital}."
            "on the next day we expect {tomorrow} <#unit degrees>, which is {trend}."
            "will it stay so? Tomorrow {land:capital} will have {tomorrow} <#unit degrees>."
        ]

let kind =
    {
        Name = "weather"
        Concept = Concept.kindWeather
        Weight = 8
        Slots = slots
        Title =
            maybe
                50
                (title
                    [
                        "the weather in {land}"
                        "{month:season} in {land}"
                        "weather report for {day}"
                    ])
        Body =
            Sequence
                [
                    today
                    Literal " "
                    Several(4, 6, " ", reports)
                    Literal " "
                    outlook
                    maybe
                        40
                        (Sequence
                            [
                                Literal " "
                                says [ "we wish you a good {time}."; "enjoy the {month:season}!" ]
                            ])
                    line
                ]
    }

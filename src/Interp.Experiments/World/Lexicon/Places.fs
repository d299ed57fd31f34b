namespace Interp.Grammar

/// Countries, towns, the calendar, the weather and sports.
[<RequireQualifiedAccess>]
module internal Places =
    let country =
        Table.table
            "country"
            [
                "", [ Concept.country ]
                "capital", [ Concept.city ]
                "adj", [ Concept.nationality ]
            ]
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

    let city =
        Table.words "city" [ Concept.city ] (country.Words |> Array.map _.Form("capital").Text |> String.concat " ")

    let place =
        Table.nouns
            "place"
            Concept.place
            "library station school hospital market museum church bridge castle park bakery theatre hotel harbour garden
             restaurant factory stadium tower mill square fountain palace zoo"

    let wild =
        Table.nouns "wild" Concept.place "forest lake river hill valley meadow village beach island cave field mountain"

    let street =
        Table.words
            "street"
            []
            "Mill_Lane King_Street Oak_Road Station_Road Bridge_Street Church_Lane Park_Avenue Rose_Street High_Street
             Queen_Road Garden_Lane River_Road"

    let month =
        Table.table
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
        Table.words "weekday" [ Concept.weekday ] "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"

    let dayTime =
        Table.words "daytime" [ Concept.dayTime ] "morning afternoon evening night"

    let weather =
        Table.table
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

    let sport =
        Table.table
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
        Table.words
            "team"
            [ Concept.team ]
            "Lions Tigers Eagles Sharks Bears Wolves Rovers Rangers Falcons Hornets Pirates Giants Rockets Dragons
             Knights Comets"

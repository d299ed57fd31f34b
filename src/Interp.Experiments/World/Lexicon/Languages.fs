namespace Interp.Grammar

/// Numbers in words, opposites and the words of three other languages.
[<RequireQualifiedAccess>]
module internal Languages =
    let numberWord =
        Table.words "numberword" [ Concept.numberWord ] "two three four five six seven eight nine ten eleven twelve"

    let ordinal =
        Table.words "ordinal" [ Concept.ordinal ] "first second third fourth fifth sixth seventh eighth ninth tenth"

    let opposite =
        Table.table
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

    let language =
        Table.table
            "language"
            [ "", [ Concept.language ]; "country", [ Concept.country ]; "code", [] ]
            [ "French France fr"; "German Germany de"; "Spanish Spain es" ]

    /// Things that a dialogue translates.
    let translation =
        Table.table
            "translation"
            [
                "", []
                "fr", [ Concept.frenchWord ]
                "de", [ Concept.germanWord ]
                "es", [ Concept.spanishWord ]
            ]
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
        Table.table
            "phrase"
            [
                "", []
                "fr", [ Concept.frenchWord ]
                "de", [ Concept.germanWord ]
                "es", [ Concept.spanishWord ]
            ]
            [
                "hello bonjour guten_Tag hola"
                "thank_you merci danke gracias"
                "goodbye au_revoir auf_Wiedersehen adiós"
                "please s'il_vous_plaît bitte por_favor"
                "yes oui ja sí"
                "of_course bien_sûr natürlich claro"
                "very_good très_bien sehr_gut muy_bien"
            ]

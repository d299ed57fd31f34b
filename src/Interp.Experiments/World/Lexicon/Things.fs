namespace Interp.Grammar

/// Animals, plants and what people eat, wear, use and play.
[<RequireQualifiedAccess>]
module internal Things =
    let animal =
        Table.table
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
        Table.words
            "colour"
            [ Concept.colour ]
            "red blue green yellow brown black white grey pink purple orange golden silver scarlet violet turquoise"

    let fruit =
        Table.nouns
            "fruit"
            Concept.food
            "apple pear plum cherry banana lemon grape peach melon fig apricot berry coconut mango"

    let vegetable =
        Table.nouns
            "vegetable"
            Concept.food
            "carrot onion tomato/tomatoes potato/potatoes bean pea leek turnip mushroom pumpkin cucumber radish pepper"

    let staple =
        Table.words "staple" [ Concept.food ] "flour rice butter cheese sugar honey salt oil cream yoghurt oats barley"

    let dish =
        Table.nouns "dish" Concept.food "soup stew pie salad cake curry omelette pancake pudding sandwich casserole"

    let snack =
        Table.nouns "snack" Concept.food "biscuit cookie bun muffin sausage egg loaf/loaves waffle cracker pretzel"

    let drink =
        Table.words "drink" [ Concept.drink ] "tea coffee milk water juice lemonade cocoa cider"

    let vehicle =
        Table.nouns
            "vehicle"
            Concept.vehicle
            "car bus train bicycle boat ship lorry tram taxi van ferry motorbike sledge wagon canoe scooter"

    let bodyPart =
        Table.nouns
            "body"
            Concept.bodyPart
            "hand arm leg knee foot/feet head nose ear finger shoulder elbow toe ankle wrist neck back tooth/teeth"

    let clothing =
        Table.nouns
            "clothing"
            Concept.clothing
            "coat hat scarf/scarves shirt jacket dress glove boot sock jumper skirt belt cap sandal apron"

    let furniture =
        Table.nouns
            "furniture"
            Concept.furniture
            "table chair bed sofa desk cupboard shelf/shelves wardrobe bench stool drawer lamp mirror carpet"

    let tool =
        Table.nouns
            "tool"
            Concept.tool
            "hammer saw spade ladder rope needle brush axe rake drill bucket wheelbarrow chisel spanner"

    let utensil =
        Table.nouns "utensil" Concept.tool "pot pan bowl saucepan tray jug basin kettle"

    let object =
        Table.nouns
            "object"
            Concept.object
            "book letter key ring coin map box bag ball kite doll drum clock candle lantern umbrella basket bottle
             photograph necklace pencil puzzle ribbon whistle diary feather"

    let plant =
        Table.nouns
            "plant"
            Concept.plant
            "rose tulip oak willow daisy lily pine fern birch sunflower maple ivy poppy orchid cactus/cacti"

    let instrument =
        Table.nouns "instrument" Concept.instrument "piano violin flute guitar trumpet cello harp clarinet organ banjo"

    let unitOf =
        Table.nouns "unit" Concept.unitWord "gram kilo litre cup spoonful slice handful pinch"

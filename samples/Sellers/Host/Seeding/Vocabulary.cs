namespace Sellers.Host.Seeding;

/// <summary>How shops of one script or language are named: templates, and the words for their slots.</summary>
/// <param name="Weight">How many of a hundred sellers are named so.</param>
/// <param name="Templates">Names with slots such as <c>{noun}</c>; <c>{#}</c> is a number.</param>
/// <param name="Words">The words of each slot.</param>
internal sealed record Vocabulary(int Weight, string[] Templates, Dictionary<string, string[]> Words)
{
    /// <summary>Every vocabulary; the weights make a hundred.</summary>
    public static Vocabulary[] All { get; } =
    [
        new(40,
            [
                "{adj} {noun}", "{adj} {noun} {goods}", "The {adj} {noun}", "{name}'s {goods}", "{surname} & Sons", "{surname} {goods}", "{city} {goods}",
                "{adj}{noun}{#}", "{name}_{surname}_{#}", "{noun} & {noun}", "{name} {surname}", "{noun} {goods} Co.", "{city} {noun} {goods}", "{surname}-{surname} {goods}",
            ],
            new()
            {
                ["adj"] = Split("Amber Ancient Blue Brass Bright Broken Copper Cosy Crimson Curious Dusty Emerald Faded Fancy Feral Fine Frosty Gentle Gilded Golden Grand Happy Hidden Honest Humble Indigo Ivory Jolly Little Lost Lucky Lunar Mellow Merry Midnight Misty Modern Mossy Noble Northern Old Opal Pale Plain Quiet Rare Rustic Salty Scarlet Secret Silver Sleepy Southern Spare Stormy Sunny Tidy Tiny Velvet Vintage Wandering Wild Wooden"),
                ["noun"] = Split("Acorn Anchor Anvil Apple Attic Badger Barn Basket Beacon Bear Bee Bell Birch Bobbin Bottle Bramble Bridge Button Candle Cellar Chestnut Cloud Clover Compass Corner Cottage Crane Crow Deer Dragonfly Feather Fern Finch Forge Fox Garden Garret Hare Harbour Hawk Hearth Heron Hive Ivy Juniper Kettle Key Ladder Lamp Lantern Lark Loom Magpie Maple Meadow Mill Moon Moth Oak Orchard Otter Owl Paper Parlour Pebble Pine Quill Raven Ribbon River Robin Rose Sparrow Spindle Star Stone Swan Thimble Thistle Thread Tinker Trunk Wagon Whistle Willow Wolf Wren"),
                ["goods"] = Split("Antiques Audio Bags Bikes Books Boots Cameras Ceramics Clocks Coins Comics Cycles Denim Discs Fabrics Finds Furniture Games Gifts Glass Goods Hats Instruments Jewellery Kitchenware Lamps Leather Maps Models Music Optics Outfitters Parts Pens Porcelain Posters Prints Radios Records Rugs Silver Spares Stamps Supplies Tapes Textiles Tools Toys Trading Vinyl Watches Wool"),
                ["name"] = Split("Ada Agnes Alan Alice Amos Anna Arthur Ben Bea Carl Clara Daisy Dan Dora Ed Edith Ella Emil Eva Fay Flora Frank Fred George Grace Greta Hal Harriet Hugo Ida Iris Ivan Jack Jane Joan John June Kate Ken Leo Lily Lou Mabel Mae Max May Mia Ned Nell Nina Nora Olive Oscar Otto Paul Pearl Percy Ray Rosa Ruth Sam Stella Ted Tess Tom Una Vera Walt Zoe"),
                ["surname"] = Split("Abbott Ashford Baker Barlow Bishop Blake Bright Brooks Carter Chandler Clarke Cole Cooper Crane Dalton Dixon Drake Ellis Fairfax Fisher Fletcher Foster Garner Gibson Grant Gray Hale Harper Hayes Holt Hopper Hughes Hunt Kemp Kerr King Lane Lovelace Marsh Mason Mercer Miles Moore Nash Neal North Page Parker Perry Porter Quinn Reed Rhodes Rowe Sawyer Sharp Shaw Slater Stone Swift Thorne Turner Wade Walsh Ward Webb Wells West Winter Wood York"),
                ["city"] = Split("Aberdeen Albany Auckland Austin Bath Belfast Bergen Boston Bristol Brooklyn Camden Cardiff Chicago Cork Denver Dover Dublin Durham Galway Glasgow Halifax Hobart Leeds London Lowell Memphis Nashville Norwich Oakland Oslo Ottawa Oxford Perth Portland Quebec Salem Seattle Soho Toronto Tucson Vermont Whitby Windsor York"),
            }),
        new(24,
            [
                "Antiquariat {de}", "{de} & Söhne", "Schallplatten {de}", "Trödelladen {de} {#}", "Librairie {fr}", "Chez {fr}", "Brocante de {fr}", "L'Atelier de {fr}", "Café {fr} & Fils",
                "Tienda {es}", "El Rincón de {es}", "Casa {es} {#}", "Livraria {pt}", "Armazém {pt}", "Bottega {it}", "Libreria {it}", "Sklep {pl}", "Księgarnia {pl}", "Antykwariat {pl} {#}",
                "{nordic} Loppis", "Butik {nordic}", "{nordic}s Boghandel", "Knihkupectví {cs}", "Starožitnosti {cs}", "{tr} Kitabevi", "{tr} Sahaf", "Tiệm {vi}", "Nhà sách {vi}", "{hu} Antikvárium", "{ro} Anticariat",
            ],
            new()
            {
                ["de"] = Split("Müller Schröder Köhler Größmann Jäger Krüger Weiß Böhm Günther Schäfer Löwe Vögele Lüders Strauß Hübner Möller Bäcker Grün Händel Fröhlich"),
                ["fr"] = Split("Hélène Geneviève François Benoît Noël Chloé Zoé Éloïse Maëlle Gaël Désirée Aurélie Cédric Jérôme Solène Mérieux Lefèvre Gérard Côté Beaupré"),
                ["es"] = Split("Muñoz Núñez Peña Ibáñez García Martínez Señorita Corazón Ángel Mendaña Zúñiga Bolaños Gómez León Cañada Piñón Andrés Belén Verónica Simón"),
                ["pt"] = Split("São João Conceição Magalhães Guimarães Brandão Luís Antônio Fátima Simões Falcão Leão Açores Assunção Estêvão"),
                ["it"] = Split("Niccolò Perché Città Libertà Verità Rossi Bianchi Virtù Gioventù Felicità Lucà Canè Papà Tribù"),
                ["pl"] = Split("Łódź Kraków Wróbel Żółw Gęś Mądry Świerk Źródło Ćma Księżyc Jabłoński Dąbrowski Wójcik Gałązka Ślimak"),
                ["nordic"] = Split("Åse Bjørn Søren Ægir Østergård Håkan Mårten Sjöberg Lindström Ångström Þór Jökull Äiti Päivi Hämäläinen"),
                ["cs"] = Split("Dvořák Černý Růžička Žižka Novák Šťastný Kříž Hájek Říha Ďáblík Těšín"),
                ["tr"] = Split("Çelik Yıldız Güneş İpek Şahin Öztürk Doğan Kılıç Gökçe Üsküdar"),
                ["vi"] = Split("Nguyễn Trần Phượng Hồng Đặng Việt Huế Thảo Bích Quý"),
                ["hu"] = Split("Gyöngyös Szűcs Erdős Kőszegi Büszke Fűzfa Török"),
                ["ro"] = Split("Ștefan Brâncuși Țară Măgură Constanța Ioniță Vlăduț"),
            }),
        new(8,
            ["Магазин {name}", "{adj} {noun}", "Лавка {noun_gen}", "{name} и сыновья", "Книги {city}", "Антиквариат {city} {#}", "Крамниця {name}", "Книжарница {name}"],
            new()
            {
                ["adj"] = Split("Золотой Старый Тихий Синий Добрый Северный Красный Весёлый Медный Ночной Белый Лесной"),
                ["noun"] = Split("Фонарь Дом Ёж Филин Самовар Якорь Лис Сундук Колокол Чердак Берег Граммофон"),
                ["noun_gen"] = Split("древностей редкостей мастера часовщика букиниста филателиста моряка садовника"),
                ["name"] = Split("Иванов Петрова Соколов Кузнецов Морозова Шевченко Ющук Георгиев Ковальчук Щербаков Царёв Ильин Єфремов Їжакевич"),
                ["city"] = Split("Москва Київ София Казань Одеса Минск Пловдив Тверь Омск Ялта Львів Псков"),
            }),
        new(3,
            ["Βιβλιοπωλείο {name}", "Παλαιοπωλείο {name} {#}", "Το {adj} {noun}", "Δίσκοι {city}", "Αφοί {name}"],
            new()
            {
                ["adj"] = Split("Μικρό Παλιό Χρυσό Γαλάζιο Κόκκινο Ήσυχο"),
                ["noun"] = Split("Λιμάνι Σπίτι Καράβι Φεγγάρι Κλειδί Ρολόι Πηγάδι"),
                ["name"] = Split("Παπαδόπουλος Γεωργίου Νικολαΐδης Ελένη Αθηνά Ὀδυσσεύς Κωνσταντίνου Δημήτρης Άννας"),
                ["city"] = Split("Αθήνα Θεσσαλονίκη Πάτρα Χανιά Ρόδος Βόλος Κέρκυρα"),
            }),
        new(7,
            ["{name}商店", "{name}書店", "{place}古書{#}", "カメラの{name}", "{katakana}堂", "レコード{katakana}", "{place}の{hiragana}屋", "{hiragana}と{hiragana}", "ﾘｻｲｸﾙ{katakana}"],
            new()
            {
                ["name"] = Split("佐藤 鈴木 高橋 田中 渡辺 伊藤 山本 中村 小林 加藤 吉田 松本 井上 木村 清水"),
                ["place"] = Split("神田 京都 大阪 札幌 福岡 名古屋 横浜 神戸 仙台 金沢 奈良 長崎"),
                ["katakana"] = Split("ミドリ サクラ アンティーク ヴィンテージ モダン ポラリス カモメ ランプ メロディー ギャラリー"),
                ["hiragana"] = Split("ひかり そら もり かぜ ねこ うさぎ はな つき しずく おもちゃ"),
            }),
        new(6,
            ["{city}{name}书店", "{name}古玩店", "{adj}{noun}阁", "{city}{goods}行{#}", "{adj}{noun}{goods}", "{name}記{goods}"],
            new()
            {
                ["city"] = Split("北京 上海 广州 成都 杭州 西安 南京 武汉 臺北 香港 蘇州 重庆"),
                ["name"] = Split("王 李 张 刘 陈 楊 赵 黃 周 吳 徐 孙 林 郭"),
                ["adj"] = Split("金 玉 清 明 老 新 福 雅 和 春 翠 紅"),
                ["noun"] = Split("月 竹 山 云 龙 鶴 泉 梅 松 石 桥 燈"),
                ["goods"] = Split("唱片 相机 钟表 瓷器 茶具 玩具 文具 書畫 郵票 电子"),
            }),
        new(4,
            ["{place} {goods}상점", "{name}네 {goods}", "{adj} {noun}", "{place}서점 {#}", "{name} {goods}나라"],
            new()
            {
                ["place"] = Split("서울 부산 대구 인천 광주 제주 전주 강릉 수원 경주"),
                ["goods"] = Split("골동품 중고책 카메라 장난감 음반 시계 도자기 문구 자전거"),
                ["name"] = Split("민지 철수 영희 지훈 수진 하늘 보라 김씨 이씨 박씨"),
                ["adj"] = Split("작은 오래된 푸른 따뜻한 조용한 빛나는"),
                ["noun"] = Split("다락방 등대 여우 달빛 책방 나무 시계탑 부엉이"),
            }),
        new(3,
            ["متجر {name}", "مكتبة {place}", "{goods} {place} {#}", "دكان {name} للـ{goods}", "فروشگاه {name}"],
            new()
            {
                ["name"] = Split("أحمد فاطمة يوسف ليلى إبراهيم مُحَمَّد سارة گلستان پارسا نور"),
                ["place"] = Split("القاهرة بغداد دمشق الرباط تونس عمّان بيروت تهران"),
                ["goods"] = Split("الكتب الساعات العطور التحف السجاد الفضة"),
            }),
        new(2,
            ["חנות {name}", "ספרי {place}", "עתיקות {name} {#}", "{goods} {place}"],
            new()
            {
                ["name"] = Split("כהן לוי דוד שרה משה רחל אבי מזרחי פרץ"),
                ["place"] = Split("ירושלים חיפה יפו עכו צפת אשדוד"),
                ["goods"] = Split("ספרים תקליטים שעונים צעצועים מטבעות"),
            }),
        new(2,
            ["{name} भंडार", "{place} {goods} केंद्र", "{name} एंड संस", "श्री {name} {goods} {#}"],
            new()
            {
                ["name"] = Split("गुप्ता शर्मा वर्मा लक्ष्मी गणेश कृष्णा अग्रवाल ज्योति आनंद"),
                ["place"] = Split("दिल्ली मुंबई जयपुर वाराणसी पुणे भोपाल लखनऊ"),
                ["goods"] = Split("पुस्तक वस्त्र घड़ी खिलौना संगीत मसाला"),
            }),
        new(1,
            ["ร้าน{name}", "ร้าน{goods}{place}", "{name}{goods} {#}"],
            new()
            {
                ["name"] = Split("สมชาย สุดา มาลี ทองดี น้ำใส ฟ้าใหม่ เจริญ"),
                ["place"] = Split("กรุงเทพ เชียงใหม่ ภูเก็ต อยุธยา ขอนแก่น"),
                ["goods"] = Split("หนังสือเก่า แผ่นเสียง ของเล่น นาฬิกา เครื่องปั้น"),
            }),
    ];

    private static string[] Split(string words) => words.Split(' ');
}

"""Sentences of answers and the passages that they cite, labelled by hand: does the passage say this?"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

Kind = Literal[
    "close",
    "paraphrase",
    "figure",
    "off-topic",
    "near-topic",
    "negation",
    "swap",
    "language",
    "language, no figure",
]


class Pair(NamedTuple):
    """`is_true` is what a careful reader says. `kind` is what makes the pair easy or hard."""

    passage: str
    claim: str
    is_true: bool
    kind: Kind


BOILER: Final = (
    "The boiler of the Aurora 200 reaches its operating temperature of 93 °C after 12 minutes. Do not open the cap "
    "while the gauge shows more than 0.5 bar. The pump is set to 9 bar at the factory; technicians may change it "
    "between 6 and 12 bar. Descale the machine every three months, or after 1,500 cups, whichever comes first."
)
WARRANTY: Final = (
    "The warranty covers parts and labour for two years from the date of purchase. Damage caused by limescale is not "
    "covered. Gaskets, filters and portafilter handles are wear parts and are excluded after the first 6 months. A "
    "claim needs the receipt and the serial number, which is printed under the drip tray."
)
TRAVEL: Final = (
    "Employees book trains in second class; first class is allowed for journeys of more than four hours. Hotels are "
    "reimbursed up to 140 EUR a night, in capital cities up to 190 EUR. Receipts must be handed in within 30 days "
    "after the end of the journey. Flights below 600 kilometres need the approval of the team lead."
)
SECURITY: Final = (
    "Remote access requires a second factor. Passwords have at least 14 characters and are never shared. A lost "
    "laptop is reported to the service desk within 4 hours, also at night. Accounts of people who leave the company "
    "are closed on their last working day. Error E-17 means that the token has expired."
)
LEAVE: Final = (
    "Der Urlaubsanspruch beträgt 30 Tage im Jahr. Resturlaub verfällt am 31. März des Folgejahres. Sonderurlaub von "
    "zwei Tagen gibt es bei einem Umzug. Anträge werden mindestens vier Wochen vorher gestellt und von der "
    "Teamleitung nicht ohne Grund abgelehnt."
)
GRINDER: Final = (
    "Le moulin BR-2210 broie 4,5 grammes de café par seconde. Les meules en acier doivent être remplacées après "
    "800 kilogrammes. Ne lavez jamais les meules à l'eau. Le niveau sonore est de 68 décibels."
)
CHANGES: Final = (
    "Version 4.2 was released on 12 March 2024. It adds export to CSV and removes the old report page. Uploads are "
    "now limited to 25 MB; before, the limit was 10 MB. The service answers 429 when a client sends more than "
    "300 requests a minute."
)
FRIDGE: Final = (
    "冷蔵庫の温度は5度以下に保ってください。開封した牛乳は3日以内に使い切ります。清掃は毎週月曜日に行います。"
)
MILK: Final = (
    "Las jarras de leche se lavan después de cada uso. La leche no debe superar los 65 grados. El personal nuevo "
    "recibe 8 horas de formación antes de atender la barra."
)

CHOSEN_ON: Final[list[Pair]] = [
    # Nearly the passage's words.
    Pair(BOILER, "The boiler reaches its operating temperature after 12 minutes.", True, "close"),
    Pair(BOILER, "The pump is set to 9 bar at the factory.", True, "close"),
    Pair(BOILER, "Technicians may change the pump between 6 and 12 bar.", True, "close"),
    Pair(WARRANTY, "Damage caused by limescale is not covered by the warranty.", True, "close"),
    Pair(WARRANTY, "The serial number is printed under the drip tray.", True, "close"),
    Pair(TRAVEL, "Hotels are reimbursed up to **140 EUR** a night", True, "close"),
    Pair(TRAVEL, "Receipts must be handed in within 30 days.", True, "close"),
    Pair(SECURITY, "Passwords must have at least 14 characters.", True, "close"),
    Pair(LEAVE, "Der Urlaubsanspruch beträgt 30 Tage.", True, "close"),
    Pair(LEAVE, "Bei einem Umzug gibt es zwei Tage Sonderurlaub.", True, "close"),
    Pair(GRINDER, "Le BR-2210 broie 4,5 g de café par seconde.", True, "close"),
    Pair(MILK, "La leche no debe superar los 65 grados.", True, "close"),
    Pair(FRIDGE, "牛乳は開封後3日以内に使い切ってください。", True, "close"),
    Pair(CHANGES, "Version 4.2 adds an export to CSV.", True, "close"),
    # The same in other words.
    Pair(BOILER, "It takes about twelve minutes until the machine is hot.", True, "paraphrase"),
    Pair(
        BOILER,
        "You should remove limescale four times a year: descale it every 3 months.",
        True,
        "paraphrase",
    ),
    Pair(WARRANTY, "You are covered for 2 years after you buy the machine.", True, "paraphrase"),
    Pair(WARRANTY, "To make a claim you need proof of purchase and the serial number.", True, "paraphrase"),
    Pair(TRAVEL, "Your team lead has to approve short flights of less than 600 km.", True, "paraphrase"),
    Pair(
        TRAVEL, "You may only travel first class by train if the trip takes over 4 hours.", True, "paraphrase"
    ),
    Pair(
        SECURITY,
        "If your laptop is stolen or lost, tell the service desk within four hours.",
        True,
        "paraphrase",
    ),
    Pair(SECURITY, "You need two-factor authentication to log in remotely.", True, "paraphrase"),
    Pair(
        SECURITY, "When somebody leaves, their account is shut on the final day of work.", True, "paraphrase"
    ),
    Pair(CHANGES, "Clients get status 429 if they exceed 300 requests per minute.", True, "paraphrase"),
    Pair(CHANGES, "Files of up to 25 MB can be uploaded.", True, "paraphrase"),
    Pair(LEAVE, "Nicht genommener Urlaub ist nach dem 31. März des nächsten Jahres weg.", True, "paraphrase"),
    # A wrong figure.
    Pair(BOILER, "The boiler reaches its operating temperature after 21 minutes.", False, "figure"),
    Pair(BOILER, "The pump is set to 15 bar at the factory.", False, "figure"),
    Pair(BOILER, "Descale the machine after 2,500 cups.", False, "figure"),
    Pair(BOILER, "The boiler of the Aurora 300 reaches 93 °C after 12 minutes.", False, "figure"),
    Pair(
        WARRANTY,
        "The warranty covers parts and labour for five years from the date of purchase.",
        False,
        "figure",
    ),
    Pair(TRAVEL, "Hotels are reimbursed up to 160 EUR a night.", False, "figure"),
    Pair(TRAVEL, "Receipts must be handed in within 14 days after the end of the journey.", False, "figure"),
    Pair(SECURITY, "Error E-19 means that the token has expired.", False, "figure"),
    Pair(SECURITY, "Passwords have at least 10 characters and are never shared.", False, "figure"),
    Pair(LEAVE, "Der Urlaubsanspruch beträgt 28 Tage im Jahr.", False, "figure"),
    Pair(GRINDER, "Le moulin BR-2200 broie 4,5 grammes de café par seconde.", False, "figure"),
    Pair(CHANGES, "Uploads are now limited to 50 MB.", False, "figure"),
    Pair(CHANGES, "Version 4.3 was released on 12 March 2024.", False, "figure"),
    Pair(FRIDGE, "冷蔵庫の温度は8度以下に保ってください。", False, "figure"),
    # Something else altogether.
    Pair(BOILER, "Employees can work from home on two days a week.", False, "off-topic"),
    Pair(WARRANTY, "The office in the old harbour opens at eight in the morning.", False, "off-topic"),
    Pair(TRAVEL, "The grinder should be cleaned with a dry brush.", False, "off-topic"),
    Pair(SECURITY, "Milk foams best when it is cold.", False, "off-topic"),
    Pair(CHANGES, "Paris is the capital of France.", False, "off-topic"),
    Pair(LEAVE, "Die Maschine muss entkalkt werden.", False, "off-topic"),
    Pair(GRINDER, "Les salariés peuvent télétravailler le vendredi.", False, "off-topic"),
    Pair(FRIDGE, "保証期間は購入日から計算されます。", False, "off-topic"),
    Pair(MILK, "Los recibos se entregan al final del viaje.", False, "off-topic"),
    # The same topic, but the passage does not say it.
    Pair(
        BOILER, "The boiler is made of stainless steel and has a capacity of two litres.", False, "near-topic"
    ),
    Pair(WARRANTY, "The warranty can be extended for a fee when you register online.", False, "near-topic"),
    Pair(TRAVEL, "Meals are reimbursed with a flat rate per day of travel.", False, "near-topic"),
    Pair(SECURITY, "Laptops are replaced when they are old.", False, "near-topic"),
    Pair(LEAVE, "Elternzeit wird bei der Personalabteilung beantragt.", False, "near-topic"),
    Pair(CHANGES, "The new version supports dark mode and keyboard shortcuts.", False, "near-topic"),
    # The contrary.
    Pair(WARRANTY, "Damage caused by limescale is covered.", False, "negation"),
    Pair(SECURITY, "Passwords are shared.", False, "negation"),
    Pair(BOILER, "Open the cap while the gauge shows more than 0.5 bar.", False, "negation"),
    Pair(GRINDER, "Lavez les meules à l'eau.", False, "negation"),
    Pair(MILK, "La leche debe superar los 65 grados.", False, "negation"),
    # Figures of the passage that belong to something else.
    Pair(TRAVEL, "Hotels are reimbursed up to 600 EUR a night.", False, "swap"),
    Pair(BOILER, "Descale the machine every 12 months.", False, "swap"),
    Pair(LEAVE, "Der Urlaubsanspruch beträgt 31 Tage im Jahr.", False, "swap"),
    # An answer in another language than the passage's.
    Pair(BOILER, "Der Kessel erreicht seine Temperatur von 93 °C nach 12 Minuten.", True, "language"),
    Pair(
        TRAVEL,
        "Hotels werden bis 140 EUR pro Nacht erstattet, in Hauptstädten bis 190 EUR.",
        True,
        "language",
    ),
    Pair(LEAVE, "Employees have 30 days of leave per year.", True, "language"),
    Pair(GRINDER, "The BR-2210 grinds 4.5 grams of coffee per second.", True, "language"),
    Pair(CHANGES, "La versión 4.2 se publicó el 12 de marzo de 2024.", True, "language"),
    Pair(MILK, "Milk must not get hotter than 65 degrees.", True, "language"),
    Pair(BOILER, "Der Kessel erreicht seine Temperatur von 95 °C nach 15 Minuten.", False, "language"),
    Pair(LEAVE, "Employees have 25 days of leave per year.", False, "language"),
    Pair(WARRANTY, "Le café est cultivé dans plus de soixante-dix pays.", False, "language"),
    # The same without a figure to go by.
    Pair(WARRANTY, "Schäden durch Kalk sind von der Garantie nicht gedeckt.", True, "language, no figure"),
    Pair(SECURITY, "Passwörter dürfen niemals weitergegeben werden.", True, "language, no figure"),
    Pair(GRINDER, "Never wash the burrs with water.", True, "language, no figure"),
    Pair(LEAVE, "Unused leave is lost at the end of March.", True, "language, no figure"),
    Pair(MILK, "The milk jugs are washed after each use.", True, "language, no figure"),
    Pair(SECURITY, "Die Katze schläft auf dem Sofa.", False, "language, no figure"),
    Pair(WARRANTY, "Le train part de la gare centrale.", False, "language, no figure"),
    Pair(LEAVE, "Coffee beans are roasted slowly.", False, "language, no figure"),
]
"""The thresholds were chosen on these."""

LIFT: Final = (
    "The goods lift carries at most 750 kg and is inspected every year in May. People never ride in it. When the door "
    "does not close, call the caretaker on extension 212; do not force the door. The lift stands still between 22:00 "
    "and 06:00."
)
SUPPLIER: Final = (
    "The supplier delivers within 10 working days of the order. For every week of delay the price falls by 2 percent, "
    "but by no more than 8 percent in all. Either side may end the contract with three months' notice to the end of a "
    "quarter. Invoices are due after 45 days."
)
ROAST: Final = (
    "Batch R-118 was roasted at 205 °C for 11 minutes. Its moisture was 2.1 percent, below the limit of 3 percent. "
    "The tasters found notes of hazelnut and dried apricot. The batch was released; batch R-119 was rejected because "
    "it was scorched."
)
API: Final = (
    "`GET /v2/machines` lists the machines of an account, 50 a page. Tokens are valid for 60 minutes and are sent in "
    "the Authorization header. Readings older than 400 days are deleted. The field `boiler_c` is null while the "
    "machine is off."
)
SCHULUNG: Final = (
    "Die Grundschulung dauert zwei Tage und kostet 320 Euro. Höchstens acht Personen nehmen teil. Wer die Prüfung "
    "nicht besteht, kann sie einmal kostenlos wiederholen. Das Zertifikat gilt drei Jahre."
)
SICUREZZA: Final = (
    "Il magazzino chiude alle 18:30. Le uscite di emergenza non devono mai essere bloccate. Gli estintori vengono "
    "controllati ogni 6 mesi. In caso di incendio chiamare il 115 e uscire dal cancello nord."
)
ONDERHOUD: Final = (
    "De waterfilter wordt na 5.000 liter vervangen. Gebruik geen bleekmiddel. De monteur komt binnen twee werkdagen en "
    "belt een uur van tevoren."
)
ESTOQUE: Final = (
    "O estoque mínimo é de 40 sacas. Os pedidos são feitos às terças-feiras até as 15h. Sacas abertas não podem ser "
    "devolvidas."
)

CONFIRMED_ON: Final[list[Pair]] = [
    Pair(LIFT, "The goods lift can carry at most 750 kg.", True, "close"),
    Pair(LIFT, "- call the caretaker on extension 212", True, "close"),
    Pair(SUPPLIER, "Invoices are due after 45 days.", True, "close"),
    Pair(SUPPLIER, "The supplier delivers within ten working days.", True, "close"),
    Pair(ROAST, "Batch R-118 had a moisture of 2.1 %.", True, "close"),
    Pair(API, "Tokens are valid for 60 minutes.", True, "close"),
    Pair(SCHULUNG, "Das Zertifikat gilt 3 Jahre.", True, "close"),
    Pair(SICUREZZA, "Gli estintori sono controllati ogni sei mesi.", True, "close"),
    Pair(ONDERHOUD, "Vervang de waterfilter na 5000 liter.", True, "close"),
    Pair(ESTOQUE, "O estoque mínimo é de 40 sacas.", True, "close"),
    Pair(LIFT, "You must not travel in the goods lift yourself.", True, "paraphrase"),
    Pair(LIFT, "At night, from 22:00 to 06:00, the lift is out of service.", True, "paraphrase"),
    Pair(
        SUPPLIER,
        "A late delivery lowers the price by 2 % per week, up to a total of 8 %.",
        True,
        "paraphrase",
    ),
    Pair(
        SUPPLIER,
        "Both parties can terminate at the end of a quarter if they say so three months ahead.",
        True,
        "paraphrase",
    ),
    Pair(ROAST, "It tasted of hazelnuts and apricots.", True, "paraphrase"),
    Pair(ROAST, "R-119 did not pass since it was burnt.", True, "paraphrase"),
    Pair(API, "If the machine is switched off, `boiler_c` has no value.", True, "paraphrase"),
    Pair(API, "Measurements are removed after 400 days.", True, "paraphrase"),
    Pair(SCHULUNG, "Am Grundkurs können bis zu acht Leute teilnehmen.", True, "paraphrase"),
    Pair(ONDERHOUD, "Er komt binnen twee werkdagen iemand om het te repareren.", True, "paraphrase"),
    Pair(LIFT, "The goods lift carries at most 950 kg.", False, "figure"),
    Pair(LIFT, "Call the caretaker on extension 221.", False, "figure"),
    Pair(SUPPLIER, "Invoices are due after 30 days.", False, "figure"),
    Pair(SUPPLIER, "Either side may end the contract with six months' notice.", False, "figure"),
    Pair(ROAST, "Batch R-117 was roasted at 205 °C.", False, "figure"),
    Pair(ROAST, "The moisture of the batch was 2.7 percent.", False, "figure"),
    Pair(API, "`GET /v3/machines` lists the machines of an account.", False, "figure"),
    Pair(API, "Readings older than 365 days are deleted.", False, "figure"),
    Pair(SCHULUNG, "Die Grundschulung kostet 230 Euro.", False, "figure"),
    Pair(SICUREZZA, "Il magazzino chiude alle 19:30.", False, "figure"),
    Pair(ONDERHOUD, "De waterfilter wordt na 500 liter vervangen.", False, "figure"),
    Pair(ESTOQUE, "O estoque mínimo é de 60 sacas.", False, "figure"),
    Pair(LIFT, "Photosynthesis turns light into sugar.", False, "off-topic"),
    Pair(SUPPLIER, "Water the plants in the lobby on Mondays.", False, "off-topic"),
    Pair(ROAST, "New colleagues get a key card from reception.", False, "off-topic"),
    Pair(API, "The cafeteria serves lunch from noon.", False, "off-topic"),
    Pair(SCHULUNG, "Der Aufzug wird jedes Jahr geprüft.", False, "off-topic"),
    Pair(SICUREZZA, "Il caffè viene tostato lentamente.", False, "off-topic"),
    Pair(ESTOQUE, "A garantia cobre peças e mão de obra.", False, "off-topic"),
    Pair(LIFT, "The lift was built by a company from the region.", False, "near-topic"),
    Pair(SUPPLIER, "The supplier pays for the insurance of the transport.", False, "near-topic"),
    Pair(ROAST, "The beans of the batch come from a farm in the mountains.", False, "near-topic"),
    Pair(API, "Machines can be renamed with a PATCH request.", False, "near-topic"),
    Pair(SCHULUNG, "Die Teilnehmer bekommen ein Mittagessen.", False, "near-topic"),
    Pair(LIFT, "People ride in it.", False, "negation"),
    Pair(SICUREZZA, "Le uscite di emergenza devono essere bloccate.", False, "negation"),
    Pair(ONDERHOUD, "Gebruik bleekmiddel.", False, "negation"),
    Pair(ESTOQUE, "Sacas abertas podem ser devolvidas.", False, "negation"),
    Pair(SUPPLIER, "Invoices are due after 8 days.", False, "swap"),
    Pair(SCHULUNG, "Das Zertifikat gilt acht Jahre.", False, "swap"),
    Pair(SCHULUNG, "The basic course takes two days and costs 320 euros.", True, "language"),
    Pair(SICUREZZA, "Der Lagerraum schließt um 18:30 Uhr.", True, "language"),
    Pair(SUPPLIER, "Los pedidos llegan en un plazo de 10 días laborables.", True, "language"),
    Pair(SCHULUNG, "The basic course costs 280 euros.", False, "language"),
    Pair(API, "I token scadono dopo 90 minuti.", False, "language"),
    Pair(SICUREZZA, "Emergency exits must never be blocked.", True, "language, no figure"),
    Pair(ONDERHOUD, "Do not use bleach.", True, "language, no figure"),
    Pair(LIFT, "Personen dürfen nicht mit dem Lastenaufzug fahren.", True, "language, no figure"),
    Pair(API, "Les relevés anciens sont supprimés.", True, "language, no figure"),
    Pair(ESTOQUE, "The sun rises in the east.", False, "language, no figure"),
    Pair(LIFT, "La soupe est servie chaude.", False, "language, no figure"),
]
"""These were written before the thresholds, and looked at only to count."""

#!/usr/bin/env python3
"""generate_events.py FILE: writes 213,068 events that stand in for event-ruler's citylots2.json, always the same ones.

A line has the format of the lots of San Francisco in that file, there are as many lines, they are as long on average, and each rule of
event-ruler's benchmarks (tests/data/patterns/rules.tsv) matches as many of them. The frequency of the first letters of the streets
is that of quamina's tests. No line of the original is in it. The order of the draws is what makes the file: keep it.
"""
import random
import re
import sys
from collections import Counter

LINES = 213068
TAIL_POINTS = 48.3  # how long the longest rings are
DRAW = random.Random(20260720)

# Streets that rules count, with their counts.
COUNTED_STREETS = [
    ("ACADIA", 24), ("BLAKE", 60), ("BLANCHE", 40), ("BLUXOME", 172), ("BLYTHDALE", 170), ("DRUMM", 13), ("DRUMMOND", 25), ("FULTON", 1910),
    ("FUNSTON", 477), ("RHODE ISLAND", 328), ("MASON", 2657), ("MASONIC", 293), ("MOULTON", 22), ("JEFFERSON", 131), ("MISSION", 5318), ("WASHINGTON", 2300),
    ("JACKSON", 1900), ("HARRISON", 1500), ("CLAYTON", 700), ("DAWSON", 106), ("HUDSON", 900), ("LAKE", 700), ("CLARKE", 111), ("LANSING", 900),
    ("FANNING", 500), ("HARDING", 463), ("FIELDING", 100), ("SANTIAGO", 500), ("DURANGO", 182), ("BEACH", 211), ("BIRCH", 9), ("HYDE", 1758),
    ("CHESTNUT", 825), ("17TH", 1619), ("FOLSOM", 1390), ("FOERSTER", 331), ("CRANLEIGH", 42), ("UNKNOWN", 4600),
]
# Of 206,560 lots, how many are in a street that begins with the letter.
LETTERS = {
    "A": 5883, "B": 12765, "C": 14824, "D": 6124, "E": 3402, "F": 7999, "G": 8555, "H": 7829, "I": 1330, "J": 3853, "K": 2595, "L": 8168, "M": 14368,
    "N": 3710, "O": 3413, "P": 11250, "Q": 719, "R": 4354, "S": 13255, "T": 4209, "U": 4636, "V": 4322, "W": 4162, "Y": 721, "Z": 25,
}
OTHER_STREETS = """
ALABAMA ALEMANY ANZA ARGUELLO ARMY ASHBURY ATHENS AVALON ARKANSAS ARGONAUT ALVARADO AMAZON ANDOVER ARLETA
BAKER BALBOA BANKS BARTLETT BAY BOSWORTH BRANNAN BROADWAY BRODERICK BRYANT BUCHANAN BUSH BUENA_VISTA BADEN BRAZIL BEALE
CABRILLO CALIFORNIA CAPITOL CASTRO CAYUGA CHENERY CLEMENT CLIPPER COLE COLLINGWOOD CORTLAND CHURCH CAPP CLAY CAROLINA CAMBRIDGE CONNECTICUT CORBETT CRESCENT
DE_HARO DELANO DIAMOND DOLORES DOUGLASS DUBOCE DUNCAN DARIEN DALY DWIGHT
EDDY EDINBURGH ELLIS ELLSWORTH EUREKA EVANS EXCELSIOR ELIZABETH ESCONDIDO EUCLID
FELL FILBERT FILLMORE FLORIDA FOURTEENTH FRANCISCO FRANKLIN FREDERICK FREMONT FONT FLOOD FAXON FARALLONES
GARFIELD GATES GEARY GENEVA GENNESSEE GIRARD GOETTINGEN GOLDEN_GATE GRAFTON GRANT GREEN GREENWICH GROVE GUERRERO GOUGH
HAIGHT HAMPSHIRE HANOVER HARTFORD HAYES HEARST HICKORY HILL HOLLOWAY HOFFMAN HOWARD HURON HOLLY_PARK
INGERSOLL INNES IRVING ITALY IOWA IVY
JERROLD JESSIE JONES JOOST JUDAH JERSEY JOICE JULES JUNIPERO_SERRA
KANSAS KEARNY KEITH KEY KIRKHAM KANSAS KENSINGTON KEYSTONE
LAGUNA LAGUNITAS LARKIN LAWTON LEAVENWORTH LEE LEXINGTON LIBERTY LISBON LOMBARD LONDON LA_SALLE LOUISIANA LYELL LOCUST
MADRID MANGELS MARINA MARKET MCALLISTER MENDELL MIGUEL MINNA MISSISSIPPI MOLIMO MONTEREY MORAGA MOSCOW MUNICH MYRTLE MONTANA MISSOURI
NAPLES NATOMA NOE NORIEGA NORTH_POINT NEVADA NEWHALL NAPOLEON
OAK OCEAN OCTAVIA ORIZABA ORTEGA OFARRELL OLIVE OTSEGO
PACHECO PACIFIC PAGE PALOU PARIS PARNASSUS PENNSYLVANIA PERSIA PERU PIERCE PINE PLYMOUTH POLK POST POTRERO POWELL PRAGUE PRECITA PRENTISS PRESIDIO PUTNAM
QUESADA QUINTARA QUINCY
RALSTON RAYMOND REVERE RICHARDS RICHLAND RIVERA RIPLEY ROLPH ROUSSEAU RUSSIA RUDDEN RANDALL
SACRAMENTO SADOWA SAN_BRUNO SAN_JOSE SANCHEZ SANSOME SANTA_ANA SANTA_CLARA SCOTT SHOTWELL SHRADER SICKLES SILVER SOMERSET SOUTH_VAN_NESS STANYAN STEINER
STOCKTO STUTTER SUNNYDALE SUTTER SWEENY
TARAVAL TAYLOR TEXAS THOMAS THORNTO TINGLEY TOWNSEND TREAT TURK TENNESSEE TOPEKA
ULLOA UNION UNIVERSITY UPLAND UTAH
VALLEJO VALLEY VALENCIA VAN_NESS VERMONT VICENTE VIENNA VISITACION VALDEZ
WALLER WAWONA WEBSTER WEST_PORTAL WHITNEY WISCONSIN WOOLSEY WILDE WARREN WILLARD
YERBA_BUENA YORK YUKO
ZOE ZENO
"""
# The bounds of the rules on numbers.
EQUAL_X, LESS_X, LOW_X, HIGH_X, EQUAL_Y = -122.42916360922355, -122.41600944012424, -122.46471267081272, -122.4063085128395, 37.729900216217324


def street_is_uncounted(name):
    return not (name[:2] in ("AC", "BL", "DR", "FU", "RH") or name.endswith(("ON", "KE", "MM", "ING", "GO", "ASON", "ULTON")) or name.startswith(("MASO", "FULTO")))


def streets():
    lots = []
    for name, count in COUNTED_STREETS:
        lots += [name] * count
    by_letter = {}
    for name in OTHER_STREETS.split():
        if street_is_uncounted(name.replace("_", " ")):
            by_letter.setdefault(name[0], []).append(name.replace("_", " "))
    have = Counter(name[0] for name in lots)
    for letter, count in LETTERS.items():
        need = round(count * (LINES / 206560.0)) - have.get(letter, 0)
        if need > 0:
            names = by_letter[letter]
            lots += DRAW.choices(names, [1.0 / (i + 1.5) for i in range(len(names))], k=need)
    odd_endings = (21, 22, 23, 31, 32, 33, 41, 42, 43)
    numbered = [f"{i:02d}TH" for i in range(4, 49) if i != 17 and i not in odd_endings]
    numbered += ["02ND", "03RD", "21ST", "22ND", "23RD", "31ST", "32ND", "33RD", "41ST", "42ND", "43RD"]
    while len(lots) < LINES:
        lots.append(DRAW.choice(numbered))
    return lots


def types_and_sides():
    """Pairs of ST_TYPE and ODD_EVEN: 52,527 are odd and no street, as a rule wants."""
    types = ["CT"] * 1774 + ["SQ"] * 15 + [None] * 4700
    kinds = ["AVE", "WAY", "DR", "BLVD", "TER", "LN", "RD", "PL", "CIR", "ALY", "HL", "PZ", "AL"]
    types += DRAW.choices(kinds, [620, 70, 90, 60, 45, 20, 12, 20, 9, 7, 2, 2, 3], k=LINES - 116386 - len(types))
    DRAW.shuffle(types)
    sides = ["O"] * 52527 + ["E"] * (len(types) - 52527)
    DRAW.shuffle(sides)
    pairs = [("ST", DRAW.choice("OE")) for _ in range(116386)] + list(zip(types, sides))
    DRAW.shuffle(pairs)
    return pairs


def house_numbers():
    numbers = ["441"] * 2453
    begin_44 = ["44"] + [str(i) for i in range(440, 450) if i != 441] + [str(i) for i in range(4400, 4500) if i % 100 != 41]
    numbers += DRAW.choices(begin_44, k=3977 - 2453)
    end_41 = ["41", "141", "241", "341", "541", "641", "741", "841", "941"] + [f"{i}41" for i in range(10, 44)] + [f"{i}41" for i in (45, 46, 47, 50, 55, 60)]
    numbers += DRAW.choices(end_41, k=4013 - 2453)
    while len(numbers) < LINES:
        number = "0" if DRAW.random() < 0.02 else str(int(DRAW.triangular(1, 4800, 400)))
        if not house_number_is_counted(number) and number not in ("755", "2521"):
            numbers.append(number)
    DRAW.shuffle(numbers)
    return numbers


def house_number_is_counted(number):
    return number.startswith("44") or number.endswith("41")


def wildcards_matched(lot):
    """Which of the five rules with a wildcard match."""
    patterns = ("143.*", "2.*0.*1.*7", ".*218", "3.*5.*2", "VA.*IL")
    return [i for i, pattern in enumerate(patterns) if re.fullmatch(pattern, lot)]


def random_lot():
    tail = DRAW.random()
    block = f"{int(DRAW.triangular(1, 7999, 2500)):04d}"
    if tail < 0.03:
        block += DRAW.choice("ABCD")
    return block + f"{int(DRAW.expovariate(1 / 28.0)) % 160 + 1:03d}"


def lots_matching(wildcard, count, draw):
    lots = []
    while len(lots) < count:
        lot = draw()
        if wildcards_matched(lot) == [wildcard] and lot not in ("1430022", "2607117", "3745012"):
            lots.append(lot)
    return lots


def lots():
    result = ["1430022"] + ["2607117"] * 101 + ["2607218"] * 35 + ["3745012"] * 655 + ["VACSTWIL"]
    result += lots_matching(0, 490 - 1, lambda: f"143{DRAW.randrange(10)}{DRAW.randrange(1, 120):03d}")
    result += lots_matching(1, 713 - 101, lambda: f"2{DRAW.randrange(0, 999):03d}{DRAW.randrange(1, 160):03d}")
    result += lots_matching(2, 43 - 35, lambda: f"{DRAW.randrange(4000, 7999):04d}218")
    result += lots_matching(3, 2540 - 655, lambda: f"3{DRAW.randrange(0, 999):03d}{DRAW.randrange(1, 160):03d}")
    while len(result) < LINES:
        lot = random_lot()
        if not wildcards_matched(lot) and lot[:-3] not in ("3027A", "2183", "3789"):
            result.append(lot)
    DRAW.shuffle(result)
    return result


class Geometry:
    """Where the lots are: A between LOW_X and LESS_X, B west of them, C east of them up to HIGH_X, D east of it; and the few lots with
    one point elsewhere, or with a point that a rule asks for."""

    ZONES = {"A": (LOW_X + 0.0012, LESS_X - 0.0012), "B": (-122.5136, LOW_X - 0.0012), "C": (LESS_X + 0.0012, HIGH_X - 0.0012), "D": (HIGH_X + 0.0012, -122.3570)}

    def __init__(self):
        self.zone = ["A"] * 107053 + ["B"] * (148948 - 107053) + ["C"] * 20000 + ["D"] * (64120 - 20000)
        DRAW.shuffle(self.zone)
        self.multi = set(DRAW.sample(range(LINES), 120))
        self.kind = {}
        free = {zone: [i for i, each in enumerate(self.zone) if each == zone] for zone in "ABCD"}
        for zone, count, kind in (("A", 248, "A>c"), ("C", 498, "C<c"), ("B", 300, "B>low"), ("D", 132, "D<high"), ("A", 2, "first"), ("A", 216, "second")):
            while count > 0:
                i = free[zone].pop()
                if i not in self.multi and i not in self.kind:
                    self.kind[i] = kind
                    count -= 1
        self.y_is_given = False

    def first_x(self, i):
        kind = self.kind.get(i)
        if kind == "first":
            return EQUAL_X
        if kind == "second":
            return EQUAL_X + DRAW.uniform(0.0001, 0.0004)
        base, sign = {"A>c": (LESS_X, -1), "C<c": (LESS_X, 1), "B>low": (LOW_X, -1), "D<high": (HIGH_X, 1)}.get(kind, (None, 0))
        return DRAW.uniform(*self.ZONES[self.zone[i]]) if base is None else base + sign * DRAW.uniform(0.00003, 0.0004)

    @staticmethod
    def ring(x, y, count, kind):
        xs = [x] + [x + DRAW.uniform(-0.0005, 0.0005) for _ in range(count - 2)]
        if kind == "second":
            xs[1] = EQUAL_X
        elif kind in ("A>c", "C<c", "B>low", "D<high"):
            base, sign = {"A>c": (LESS_X, 1), "C<c": (LESS_X, -1), "B>low": (LOW_X, 1), "D<high": (HIGH_X, -1)}[kind]
            xs[1] = base + sign * DRAW.uniform(0.00003, 0.0004)
        points = [(each, y + (DRAW.uniform(-0.0004, 0.0004) if j else 0.0)) for j, each in enumerate(xs)]
        return points + points[:1]

    def rings(self, i):
        x, y = self.first_x(i), DRAW.uniform(37.7081, 37.8115)
        tail = DRAW.random()
        if tail < 0.60:
            count = DRAW.choice((4, 5, 5, 5, 5, 5, 5, 6, 6, 7))
        else:
            count = 7 + int(DRAW.expovariate(1 / 4.5)) if tail < 0.90 else 14 + int(DRAW.expovariate(1 / TAIL_POINTS))
        if i not in self.multi:
            return [self.ring(x, y, count, self.kind.get(i))]
        rings = [self.ring(x, y, max(5, count // 2), None), self.ring(x + DRAW.uniform(-0.0004, 0.0004), y + 0.001, 5, None)]
        if not self.y_is_given:
            rings[0][1] = (rings[0][1][0], EQUAL_Y)
            self.y_is_given = True
        return rings


def given_blocks(lot, pairs):
    """The lots that are in a block that a rule asks for, together with their side or their type."""
    order = list(range(LINES))
    DRAW.shuffle(order)
    candidates = iter(order)
    blocks, taken = {}, 0
    for block, side, kind, count in (("3027A", None, None, 59), ("2183", "E", None, 27), ("3789", None, "ST", 527)):
        while count > 0:
            i, taken = next(candidates), taken + 1
            if not wildcards_matched(lot[i]) and lot[i] != "2607117" and side in (None, pairs[i][1]) and kind in (None, pairs[i][0]):
                blocks[i] = block
                count -= 1
    return blocks, order[taken:]


def write(path):
    street = streets()
    pairs = types_and_sides()
    DRAW.shuffle(street)
    house = house_numbers()
    lot = lots()
    geometry = Geometry()
    blocks, rest = given_blocks(lot, pairs)
    given = next(i for i in range(LINES) if street[i] == "FOERSTER" and not house_number_is_counted(house[i]))
    house[given] = "755"
    for i in [i for i in rest[:4000] if i not in geometry.multi and not house_number_is_counted(house[i]) and i != given][:19]:
        house[i] = "2521"
    with open(path, "w", encoding="ascii", newline="\n") as file:
        for i in range(LINES):
            map_lot = lot[i]
            if i in blocks:
                map_lot = blocks[i] + f"{DRAW.randrange(1, 90):03d}"
                while wildcards_matched(map_lot):
                    map_lot = blocks[i] + f"{DRAW.randrange(1, 90):03d}"
            block, own_lot = (map_lot[:-3], map_lot) if map_lot != "VACSTWIL" else ("VACS", map_lot)
            if DRAW.random() < 0.25 and map_lot != "VACSTWIL":
                own_lot = block + f"{DRAW.randrange(1, 160):03d}"
            to = house[i] if DRAW.random() < 0.8 else str(int(house[i]) + DRAW.choice((2, 4, 6)))
            rings = geometry.rings(i)
            kind, side = pairs[i]
            kind = "null" if kind is None else f'"{kind}"'
            parts = [",".join(f'{{"x":{x!r},"y":{y!r},"z":0.0}}' for x, y in ring) for ring in rings]
            coordinates = f"[[{parts[0]}]]" if len(parts) == 1 else "[" + ",".join(f"[[{part}]]" for part in parts) + "]"
            x, y = rings[0][0]
            file.write(
                f'{{"type":"Feature","properties":{{"MAPBLKLOT":"{map_lot}","BLKLOT":"{own_lot}","BLOCK_NUM":"{block}","LOT_NUM":"{own_lot[len(block):]}",'
                f'"FROM_ST":"{house[i]}","TO_ST":"{to}","STREET":"{street[i]}","ST_TYPE":{kind},"ODD_EVEN":"{side}"}},'
                f'"geometry":{{"type":"{"Polygon" if len(rings) == 1 else "MultiPolygon"}","coordinates":{coordinates},'
                f'"firstCoordinates":{{"x":{x!r},"y":{y!r},"z":0.0}}}}}}\n')


if __name__ == "__main__":
    write(sys.argv[1])

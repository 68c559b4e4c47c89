// The findings of a log's quality report in Danish; what is not in here is shown as it comes.

export const findings: Readonly<Record<string, readonly [name: string, meaning: string]>> = {
	cases: ['Sager', 'Grundlaget for alt, der tæller sager'],
	'cases resolved': ['Løste sager', 'Grundlaget for landing og genåbnede sager'],
	'cases closed': ['Lukkede sager', 'Kom i en aktivitet af slagsen lukket'],
	'cases open': ['Åbne sager', 'Ikke afsluttet ved opdateringen; deres varigheder løber videre'],
	'cases cut off': ['Afskårne sager', 'Tælles, men er udeladt af varigheder og landing'],
	'case numbers shared': [
		'Fælles sagsnumre',
		'Sager med samme nummer som en anden: kun deres id skelner dem',
	],
	'case numbers empty': ['Tomme sagsnumre', 'Kun deres id skelner dem'],
	'cases without an id': [
		'Rækker uden sags-id',
		'Rækker i sagstabellen uden case_id, som er udeladt',
	],
	'numbers too large': ['For store tal', 'Er NULL her: større end 1,8e308'],
	'numbers rounded': [
		'Afrundede tal',
		'Over 2^53 er der ikke plads til alle cifre, og to kan blive til ét: gør dem til tekst',
	],
	'cases without events': ['Sager uden hændelser', 'Rækker i sagstabellen, der ikke er med'],
	'cases without a row': [
		'Sager uden række',
		'Er med, men uden attributter: sagstabellen har dem ikke',
	],
	'events no case': ['Hændelser uden sag', 'Udeladt: intet case_id'],
	'events no activity': ['Hændelser uden aktivitet', 'Udeladt: ingen aktivitet'],
	'events no time': ['Hændelser uden tid', 'Udeladt: intet tidspunkt'],
	'events infinite time': ['Hændelser med uendelig tid', 'Udeladt: tidspunktet er uendeligt'],
	'events after as_of': [
		'Hændelser efter opgørelsestiden',
		'Udeladt denne gang; en senere opdatering tager dem med',
	],
	'assignments left out': [
		'Udeladte tildelinger',
		'Ingen sag, en sag uden hændelser, intet eller uendeligt tidspunkt, eller efter opgørelsestiden',
	],
	'messages left out': ['Udeladte beskeder', 'Ligeledes, eller uden retning'],
	'events tied': [
		'Samtidige hændelser',
		'Samme sag og tid uden løbenummer: rækkefølgen er etiketternes',
	],
	'events duplicate': ['Dobbelte hændelser', 'Gentager en anden fuldstændigt; de tæller'],
	'events without change': [
		'Hændelser uden ændring',
		'Aktiviteten, sagen allerede var i; noter ikke medregnet',
	],
	'assignments without change': ['Tildelinger uden ændring', 'Teamet havde allerede sagen'],
	'messages of no direction': [
		'Beskeder uden retning',
		'Hverken ind, ud, intern eller automatisk; tæller ikke',
	],
	'long waits with us': [
		'Lang ventetid hos os',
		'Besked ud, og derefter intet i 7 dage, mens status sagde os: at brugeren havde sagen, er næppe registreret',
	],
	'cases with long waits': ['Sager med lang ventetid', 'Sager med en sådan besked'],
	'activity not mapped': [
		'Aktivitet uden holder',
		'Segmentet er ukendt: angiv i activity_map, hvem der har sagen',
	],
	'cases with unknown time': [
		'Sager med ukendt tid',
		'Deres reelle sagstid hviler på aktiviteter, der ikke er angivet',
	],
	'team not mapped': [
		'Team uden rolle',
		'Rollen er ukendt: angiv i team_map, om det er vores, en partner eller modtagelsen',
	],
	'map row without events': ['Rolle uden hændelser', 'Ingen hændelse har denne aktivitet'],
	'map row without assignments': ['Rolle uden tildelinger', 'Ingen tildeling har dette team'],
};

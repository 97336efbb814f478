"""Areas of life in which people ask for things and have tastes: what relevance knows of the world.

For each area some requests and some preferences, as people put them, written for this purpose and
taken from no data. Embedded by the home's own embedder they say what area a text belongs to, and
which preferences a request of that kind hinges on though the two share no word (prototypes, as in
Snell et al., "Prototypical Networks for Few-shot Learning", 2017). To cover another area, add it
here; nothing else is to be trained.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Domain:
    """An area of life, by examples."""

    name: str
    requests: tuple[str, ...]
    preferences: tuple[str, ...]


def _texts(block: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in block.strip().splitlines())


def _domain(name: str, requests: str, preferences: str) -> Domain:
    return Domain(name, _texts(requests), _texts(preferences))


EATING = frozenset({"restaurants", "food and diet", "cooking", "drinks", "groceries"})
"""Areas in which something is eaten or drunk: an allergy or a diet bears on all of them."""

DOMAINS = (
    _domain(
        "restaurants",
        """
        Where should I have dinner in Rome?
        Which restaurants are worth a visit in Chicago?
        Can you recommend a nice place to eat near my office?
        I'm visiting Vietnam next month. Which restaurants must I try?
        Book us a table somewhere good for our anniversary.
        What are the best dining spots in Lisbon?
        Where can I get a good brunch on Sunday?
        """,
        """
        I avoid noisy restaurants with live music.
        I don't like chain restaurants and prefer small family-run places.
        I only eat at places with vegetarian options.
        I dislike buffets and fast food.
        I refuse to eat street food.
        I can't stand fine dining with tiny portions.
        I don't like spicy food.
        I dislike fish and seafood.
        I never eat at places without outdoor seating.
        """,
    ),
    _domain(
        "food and diet",
        """
        What local dishes should I try in Mexico?
        What are some healthy snacks to take along?
        Suggest some desserts for tonight.
        What should I eat for breakfast?
        Which traditional foods of Japan are a must?
        Can you make me a meal plan for the week?
        What are some good sources of protein?
        What could I bring to a picnic?
        """,
        """
        I have a severe peanut allergy.
        I am lactose intolerant.
        I follow a strict vegan diet.
        I don't eat pork.
        I eat only halal food.
        I keep to a low-carb diet.
        I have celiac disease and can't have gluten.
        I avoid sugar and processed food.
        I can't eat shellfish.
        I only eat organic food.
        """,
    ),
    _domain(
        "cooking",
        """
        What shall I cook tonight?
        Give me a recipe for a quick dinner.
        How do I make a good curry?
        What can I bake for my daughter's birthday?
        What should I serve at a dinner party for eight?
        How can I use up leftover rice?
        What is a good way to prepare salmon?
        """,
        """
        I hate recipes with long lists of ingredients.
        I never deep-fry anything.
        I only cook with an air fryer, as I have no oven.
        I prefer one-pot meals.
        I don't like cooking with garlic and onions.
        I cook everything from scratch.
        I refuse to use a microwave.
        """,
    ),
    _domain(
        "drinks",
        """
        Which drinks should I serve at the party?
        What should I order at a cocktail bar?
        Recommend a wine to go with steak.
        What can I drink in the morning to wake up?
        Which coffee beans should I buy?
        Which beverages are typical of Turkey?
        What tea would you suggest for the evening?
        """,
        """
        I don't drink alcohol.
        I avoid caffeine.
        I can't stand sweet drinks and soda.
        I only drink decaf coffee.
        I prefer dry white wine over red.
        I like my coffee black and dislike flavoured syrups.
        I only drink herbal tea.
        """,
    ),
    _domain(
        "groceries",
        """
        What should I put on my shopping list this week?
        Where should I buy my vegetables?
        Which supermarket would you recommend?
        What ingredients should I keep in my pantry?
        Help me plan my weekly grocery shopping.
        """,
        """
        I only buy food from local farmers.
        I avoid products with palm oil.
        I never buy ready-made meals.
        I prefer unpackaged groceries.
        I refuse to buy anything with artificial additives.
        """,
    ),
    _domain(
        "hotels",
        """
        Can you recommend a hotel for my stay in Berlin?
        Where should I stay in Barcelona?
        What are some good places to stay at the coast?
        Find me an accommodation near the station.
        Which resort would you choose for our honeymoon?
        I need somewhere to sleep during my layover.
        What lodging options are there near the national park?
        """,
        """
        I avoid large hotel chains.
        I dislike hotels in busy city centres because of the noise.
        I prefer small guesthouses with character.
        I only stay in hotels with a pool.
        I'm afraid of heights and don't like tall buildings.
        I have a phobia of lifts.
        I don't like casinos and nightlife.
        I refuse to stay in hostels with shared bathrooms.
        I prefer modern rooms over old-fashioned decor.
        I only book eco-friendly places.
        """,
    ),
    _domain(
        "sightseeing and holidays",
        """
        What should I do on my trip to Egypt?
        Plan a three-day itinerary for Prague.
        Where should we go on holiday this summer?
        Which attractions should I see in London?
        What are some fun activities for our week in Costa Rica?
        Suggest a weekend getaway.
        What day trips can I take from Munich?
        Which tours would you recommend in Peru?
        What are must-do experiences in New Zealand?
        """,
        """
        I dislike crowded tourist spots.
        I avoid guided group tours.
        I don't like museums and galleries.
        I have a fear of heights and avoid climbing towers.
        I dislike beaches and hot weather.
        I prefer slow travel over packed schedules.
        I refuse to visit zoos and aquariums or ride animals.
        I'm not into hiking or adventure sports.
        I don't go into the water because I can't swim.
        I avoid amusement parks and roller coasters.
        I only enjoy quiet nature and wildlife.
        """,
    ),
    _domain(
        "getting there",
        """
        What is the best way to get from Paris to Amsterdam?
        How should I travel around Japan?
        How can I get from the airport to the city?
        Which airline should I fly with to Australia?
        How should I get to work in a new city?
        What is the most convenient way to explore the islands?
        How do I get around town cheaply?
        What are my transport options to the Scottish Highlands?
        """,
        """
        I have a fear of flying.
        I get seasick and avoid boats.
        I dislike buses and prefer trains.
        I don't drive and have no licence.
        I avoid the subway because of claustrophobia.
        I only fly direct without layovers.
        I never use ride-sharing apps.
        I prefer cycling or walking over cars.
        I always sit in an aisle seat.
        I avoid overnight journeys.
        """,
    ),
    _domain(
        "cars and motoring",
        """
        Which car should I buy?
        Can you recommend a family vehicle?
        I'm looking for a motorcycle for the commute. Any ideas?
        What should I look for in a used car?
        Which SUV is best for long trips?
        What accessories should I get for my truck?
        How should I look after my car in winter?
        """,
        """
        I only drive electric cars.
        I can't stand automatic transmissions.
        I avoid diesel engines for the sake of the environment.
        I dislike large SUVs.
        I refuse to buy American brands.
        I prefer used cars over new ones.
        I don't trust self-driving features.
        I never lease a vehicle.
        I hate cars with big touchscreens.
        """,
    ),
    _domain(
        "films and shows",
        """
        What should I watch tonight?
        Recommend a good movie for the weekend.
        Which TV series should I start next?
        What are some great films of the last years?
        What show could I binge on my days off?
        Which documentary is worth my time?
        What should I see at the theatre?
        """,
        """
        I can't stand horror films.
        I don't watch anything with graphic violence.
        I dislike superhero movies and sequels.
        I prefer foreign films with subtitles.
        I'm not a fan of musicals.
        I only watch short series.
        I avoid reality TV.
        I don't enjoy animated movies.
        I have no interest in science fiction or fantasy.
        I never watch anything with a sad ending.
        """,
    ),
    _domain(
        "books",
        """
        What should I read next?
        Recommend a novel for the beach.
        Which books are worth reading this year?
        I need an audiobook for my commute.
        What could our book club read?
        Which author should I try?
        Which graphic novels or comics are good?
        """,
        """
        I only read non-fiction.
        I dislike romance novels.
        I avoid books over four hundred pages.
        I prefer paper books and hate e-readers.
        I'm not into fantasy with complex worlds.
        I can't stand self-help books.
        I avoid bestsellers and prefer small presses.
        I don't like audiobooks.
        """,
    ),
    _domain(
        "music and concerts",
        """
        What music should I listen to while working?
        Make me a playlist for a party.
        Which new artists should I check out?
        What concerts should I go to this summer?
        Which albums do you recommend for a long drive?
        Which music festival is worth the trip?
        What are some songs for my workout?
        """,
        """
        I can't stand heavy metal.
        I dislike mainstream pop.
        I only listen to classical music.
        I avoid songs with explicit lyrics.
        I prefer acoustic and instrumental music.
        I'm not a fan of rap.
        I hate big stadium concerts.
        I listen only on vinyl.
        """,
    ),
    _domain(
        "games",
        """
        Which video game should I play next?
        Recommend a board game for the family.
        What games are good on the console?
        What should we play on game night?
        Which mobile games are worth it?
        I'm looking for a new multiplayer game to play with friends.
        What is a good puzzle game?
        Which new releases should I try on my PC?
        """,
        """
        I don't like games with violence or shooting.
        I avoid games with in-app purchases.
        I prefer cooperative games over competitive ones.
        I dislike online multiplayer and play alone.
        I hate turn-based games.
        I only play short games.
        I get motion sick from first-person games.
        I dislike games of pure luck.
        I never play horror games.
        """,
    ),
    _domain(
        "watching and playing sport",
        """
        Which sports event should I go and see?
        What sport should I take up?
        Which team should I follow?
        What matches are worth watching this weekend?
        Recommend a sport I can do with my friends.
        What sports could my kids try?
        Which tournament should I get tickets for?
        What outdoor sports are there in winter?
        """,
        """
        I dislike contact sports.
        I find football boring.
        I can't stand boxing and fighting.
        I prefer individual sports over team sports.
        I avoid motor racing.
        I only watch women's sports.
        I'm not into extreme sports.
        I don't like going to crowded stadiums.
        I don't follow any American leagues.
        """,
    ),
    _domain(
        "exercise",
        """
        How can I get fitter?
        Recommend a workout for beginners.
        What exercises should I do to build muscle?
        Which fitness class should I join?
        How do I lose some weight?
        What can I do for my endurance?
        How should I recover after training?
        Make me a training plan for a half marathon.
        """,
        """
        I hate running.
        I avoid high-impact exercise because of my knees.
        I don't like gyms and train at home.
        I dislike swimming.
        I prefer to work out alone.
        I can't do anything strenuous because of my heart.
        I don't use fitness trackers.
        I only exercise outdoors.
        I find yoga boring.
        I don't take supplements or protein powder.
        """,
    ),
    _domain(
        "health and well-being",
        """
        How can I sleep better?
        What can I do about my headaches?
        How should I deal with stress?
        What helps against a cold?
        What should I do for my back pain?
        How can I feel less anxious?
        Which supplements are good for the immune system?
        How can I improve my mental health?
        What kind of doctor or therapy should I look for?
        """,
        """
        I don't take painkillers or sleeping pills.
        I prefer natural remedies over medication.
        I don't believe in homeopathy.
        I refuse therapy in groups.
        I dislike meditation.
        I am afraid of needles.
        I avoid hospitals and prefer seeing a doctor online.
        I'm allergic to penicillin.
        I only trust evidence-based medicine.
        I am pregnant.
        I have diabetes.
        I have asthma.
        """,
    ),
    _domain(
        "beauty and care",
        """
        What skincare routine do you recommend?
        Which shampoo is good for dry hair?
        What makeup should I wear to a wedding?
        Recommend a good moisturizer.
        How can I get rid of acne?
        Which perfume would suit me?
        What haircut should I get?
        What can I do against wrinkles?
        """,
        """
        I avoid perfumed products.
        I only use cruelty-free cosmetics.
        I don't wear heavy makeup.
        I have sensitive skin and avoid alcohol-based products.
        I don't dye my hair.
        I prefer natural, organic ingredients.
        I refuse botox and cosmetic surgery.
        I never spend more than ten minutes on my routine.
        I'm allergic to nickel and to fragrance.
        """,
    ),
    _domain(
        "clothes",
        """
        What should I wear to the party?
        Which shoes should I buy for the winter?
        Help me choose an outfit for the interview.
        Recommend a jacket for the rain.
        Where should I shop for clothes?
        What are the fashion trends of this season?
        Which handbag should I get?
        Update my summer wardrobe.
        """,
        """
        I don't wear leather or fur.
        I avoid fast fashion.
        I can't stand high heels.
        I only wear dark colours.
        I dislike logos and big brands.
        I prefer second-hand clothes.
        I'm allergic to wool.
        I hate tight clothes.
        I don't wear jewellery.
        I only buy clothes made of natural fabrics.
        """,
    ),
    _domain(
        "home and furniture",
        """
        How should I decorate my living room?
        Which sofa should I buy?
        What colour should I paint the bedroom?
        Recommend a vacuum cleaner.
        How do I make my kitchen nicer?
        Which bed and mattress should I get?
        I'm looking for lamps and curtains for my flat.
        How can I organise my storage?
        Which household appliances should I buy?
        How should I clean my bathroom?
        """,
        """
        I don't like minimalist interiors.
        I avoid furniture made of plastic.
        I hate bright colours on the walls.
        I prefer antique over new furniture.
        I dislike carpets because of dust.
        I never buy furniture that I must assemble myself.
        I don't want smart devices in my house.
        I only use natural cleaning products.
        I prefer open shelves over closed cupboards.
        """,
    ),
    _domain(
        "garden and plants",
        """
        What should I plant in my garden?
        How do I get rid of weeds and slugs?
        Which houseplants should I get?
        What should I grow on my balcony?
        How do I lay out the back yard?
        Which flowers are good for a shady spot?
        """,
        """
        I don't use pesticides or chemical fertiliser.
        I only grow plants that I can eat.
        I dislike lawns and prefer wild meadows.
        I'm allergic to pollen.
        I don't want plants that need much care.
        I don't like cut flowers.
        """,
    ),
    _domain(
        "pets",
        """
        Which pet should I get?
        What should I feed my cat?
        How do I train my puppy?
        Where can I get a dog?
        What toys should I buy for my rabbit?
        How do I keep my dog free of fleas?
        What is a good breed for a family?
        How should I look after my dog while I'm away?
        """,
        """
        I only adopt animals from shelters.
        I don't like animals that shed hair.
        I'm allergic to cats.
        I'm against keeping animals in cages.
        I don't use harsh training methods or leashes.
        I feed my pets raw food only.
        I dislike reptiles and insects.
        I prefer big dogs.
        I don't want a pet that makes noise.
        I am opposed to boarding kennels.
        """,
    ),
    _domain(
        "studying",
        """
        How should I study for my exam?
        What is the best way to learn Spanish?
        Recommend a course in statistics.
        What resources are good for learning to code?
        How can I get better at maths?
        How do I prepare for the test?
        Which books or videos should I use to learn history?
        How can I make learning more fun?
        What are good ways to memorise facts?
        Where could I take classes in photography?
        """,
        """
        I learn best by doing.
        I dislike long video lectures.
        I don't like online courses.
        I prefer learning in a group.
        I find textbooks boring.
        I hate gamified apps.
        I only learn from free material.
        I'm a visual learner and need diagrams.
        I prefer a private tutor.
        I can't learn from listening.
        I don't learn from podcasts.
        I dislike quizzes and flashcards.
        """,
    ),
    _domain(
        "reading up and research",
        """
        Where can I read about the history of Rome?
        What are reliable sources on climate change?
        How do I keep up with the news in my field?
        Which websites and journals should I follow?
        How do I find good papers for my thesis?
        Which tools help with research and taking notes?
        Recommend educational channels and podcasts.
        """,
        """
        I don't trust Wikipedia.
        I dislike academic jargon and long papers.
        I only use sources that are peer-reviewed.
        I avoid news on social media.
        I prefer short summaries over long articles.
        I don't pay for subscriptions to newspapers.
        I avoid watching videos and prefer text.
        """,
    ),
    _domain(
        "job and career",
        """
        What kind of job would suit me?
        Which companies should I apply to?
        Should I take the offer?
        How can I get ahead in my career?
        What career would you suggest for someone with my skills?
        Which industries are interesting?
        How can I earn something on the side?
        """,
        """
        I don't want to manage people.
        I only work remotely.
        I dislike open-plan offices.
        I refuse to work overtime or at weekends.
        I prefer small companies over corporations.
        I don't want to travel for work.
        I won't work for the arms or tobacco industry.
        I want flexible hours.
        I dislike jobs with much customer contact.
        """,
    ),
    _domain(
        "work with others",
        """
        How should I organise my working day?
        What could our team do together?
        How do I run the meeting on Monday?
        Which tools should our team use?
        How can I be more productive?
        Plan the company retreat.
        How can I get on better with my colleagues?
        How should I set up my office?
        """,
        """
        I dislike meetings and prefer written updates.
        I work best in the morning.
        I hate team-building events.
        I don't answer mail after six.
        I prefer working alone.
        I can't concentrate with noise.
        I don't like phone calls.
        I need clear deadlines.
        """,
    ),
    _domain(
        "where to live",
        """
        Which city should I move to?
        Which neighbourhood would suit me?
        Where would be a good place to live with a family?
        I'm relocating to Canada. Which towns should I look at?
        Help me find an apartment.
        Which countries are good for retirement?
        """,
        """
        I dislike big crowded cities.
        I can't stand cold winters.
        I want to live near the sea.
        I avoid places with high rents.
        I prefer quiet suburbs.
        I need good public transport.
        I dislike humid and hot climates.
        I care about safety and low crime.
        I prefer living in the countryside.
        """,
    ),
    _domain(
        "technology",
        """
        Which phone should I buy?
        Recommend a laptop for university.
        What headphones are good?
        Which tablet should I get?
        What smart devices would be useful in my home?
        Which camera would you recommend?
        Which TV or speaker should I buy?
        What smartwatch suits me?
        """,
        """
        I don't buy Apple products.
        I only use open-source software.
        I avoid devices with microphones for privacy.
        I prefer wired over wireless.
        I dislike touchscreens.
        I don't buy from Chinese brands.
        I prefer repairable devices.
        I never buy the first generation of a gadget.
        I refuse to use anything of Google.
        I only use devices with long battery life.
        """,
    ),
    _domain(
        "software and online services",
        """
        Which app should I use for my notes?
        What is the best way to back up my files?
        Which office software do you recommend?
        Which e-mail provider should I choose?
        Recommend a tool for editing photos.
        How should I store my passwords?
        Which streaming service should I get?
        """,
        """
        I don't like subscriptions.
        I avoid the cloud for privacy reasons.
        I only use Linux.
        I don't use social media.
        I avoid products of Microsoft.
        I prefer programs that work offline.
        I dislike ads.
        """,
    ),
    _domain(
        "money",
        """
        How should I invest my savings?
        How can I save more money?
        Which bank account should I open?
        Help me make a budget.
        How do I pay off my debts?
        Which insurance do I need?
        Should I buy or rent?
        """,
        """
        I avoid risky investments.
        I don't invest in oil and weapons.
        I don't use credit cards.
        I prefer cash.
        I hate debt.
        I don't trust cryptocurrency.
        I only buy what I can afford at once.
        """,
    ),
    _domain(
        "presents",
        """
        What should I give my mother for her birthday?
        Suggest a present for a colleague.
        What could I get my husband for Christmas?
        What should I put on my wish list?
        What is a good wedding gift?
        """,
        """
        I prefer giving experiences over things.
        I only give handmade presents.
        I dislike gift cards.
        I never spend more than thirty euros on a gift.
        I don't celebrate Christmas.
        """,
    ),
    _domain(
        "parties and going out",
        """
        How should I celebrate my birthday?
        What can I do on Friday night?
        Plan a party for my friends.
        Where could we go on a date?
        How can I meet new people in town?
        What should we do with our guests?
        Which events are on this weekend?
        """,
        """
        I dislike big parties and crowds.
        I don't like nightclubs and loud bars.
        I avoid small talk.
        I prefer evenings at home.
        I don't stay out late.
        I hate surprises.
        I don't like karaoke and dancing.
        """,
    ),
    _domain(
        "family and children",
        """
        What should I do with the kids this weekend?
        How do I get my son to do his homework?
        Which toys should I buy for my daughter?
        How should I put my baby to sleep?
        Which school is right for my child?
        How can I support my ageing parents?
        How should I discipline my children?
        """,
        """
        I don't want my children to have screen time.
        I don't believe in punishing children.
        I only buy wooden toys.
        I prefer public schools.
        I avoid toys with batteries.
        I am against homework.
        I want my kids to grow up bilingual.
        """,
    ),
    _domain(
        "hobbies and crafts",
        """
        What hobby should I take up?
        Which instrument should I learn?
        What could I make or paint at the weekend?
        What is a good craft project for beginners?
        What shall I do in my spare time?
        What gear do I need for photography?
        """,
        """
        I dislike hobbies that cost a lot.
        I don't like sitting still.
        I enjoy working with wood.
        I'm not good with my hands.
        I prefer painting with watercolours.
        I only knit with natural yarn.
        I dislike digital art.
        """,
    ),
    _domain(
        "environment and values",
        """
        How can I live more sustainably?
        Which brands can I buy with a good conscience?
        Where could I volunteer?
        Which charity should I support?
        How can I reduce my waste?
        """,
        """
        I avoid plastic.
        I boycott companies that test on animals.
        I only buy fair-trade products.
        I care about animal welfare.
        I don't give money to big organisations.
        I buy from local shops and not online.
        """,
    ),
)
"""Every area that relevance tells apart."""

PLAIN = (
    "What is the capital of Australia?",
    "Calculate the total price of seven tickets.",
    "Who wrote the first novel?",
    "Explain how photosynthesis works.",
    "Translate this sentence.",
    "When did the war end?",
    "Fix the bug in this function.",
    "Write a summary of this text.",
    "Which of the following statements is true?",
    "What is the boiling point of water?",
    "Rewrite the paragraph in a formal tone.",
    "A train leaves the station at noon. How far does it go in three hours?",
)
"""Requests that hinge on nobody's tastes."""

/** Common emoji, by the names that most chats use for them. */

const names = `
+1 👍|-1 👎|100 💯|alarm_clock ⏰|angry 😠|apple 🍎|arrow_down ⬇️|arrow_left ⬅️|arrow_right ➡️|arrow_up ⬆️|balloon 🎈|
bangbang ‼️|beer 🍺|beers 🍻|bell 🔔|bike 🚲|birthday 🎂|blue_heart 💙|blush 😊|boat ⛵|bomb 💣|book 📖|books 📚|boom 💥|
bread 🍞|bricks 🧱|broken_heart 💔|bug 🐛|bulb 💡|bus 🚌|cactus 🌵|cake 🍰|calendar 📆|camera 📷|car 🚗|cat 🐱|
chart 📈|check ✅|cheese 🧀|cherries 🍒|chicken 🐔|clap 👏|clipboard 📋|cloud ☁️|clown 🤡|coffee ☕|computer 💻|
confetti 🎊|confused 😕|construction 🚧|cookie 🍪|cool 😎|cow 🐮|crab 🦀|crossed_fingers 🤞|crown 👑|cry 😢|dancer 💃|
dart 🎯|dizzy 💫|dog 🐶|door 🚪|dragon 🐉|droplet 💧|duck 🦆|eagle 🦅|earth 🌍|email 📧|exclamation ❗|exploding_head 🤯|
eyes 👀|facepalm 🤦|fearful 😨|fire 🔥|fireworks 🎆|fish 🐟|fist ✊|flushed 😳|fox 🦊|frog 🐸|gear ⚙️|gem 💎|ghost 👻|
gift 🎁|globe 🌐|grapes 🍇|green_heart 💚|grimacing 😬|grin 😁|grinning 😀|guitar 🎸|hammer 🔨|hand ✋|handshake 🤝|
hearts 💕|heart ❤️|heart_eyes 😍|hearts_face 🥰|hibiscus 🌺|horse 🐴|hot 🥵|hourglass ⏳|house 🏠|hug 🤗|hundred 💯|
ice_cream 🍨|information ℹ️|innocent 😇|joy 😂|key 🔑|kiss 😘|koala 🐨|laptop 💻|laughing 😆|leaves 🍃|lemon 🍋|link 🔗|
lion 🦁|lock 🔒|loudspeaker 📢|mag 🔍|mailbox 📫|map 🗺️|mask 😷|medal 🏅|melting 🫠|memo 📝|microphone 🎤|microscope 🔬|
money 💰|monkey 🐒|moon 🌙|mountain ⛰️|mouse 🐭|muscle 💪|mushroom 🍄|musical_note 🎵|nail_care 💅|neutral 😐|
no_entry ⛔|notes 🎶|octopus 🐙|ok 🆗|ok_hand 👌|open_mouth 😮|orange 🍊|owl 🦉|package 📦|palm_tree 🌴|panda 🐼|
paperclip 📎|partying 🥳|pensive 😔|penguin 🐧|phone 📱|pig 🐷|pizza 🍕|plane ✈️|pleading 🥺|plus ➕|point_down 👇|
point_left 👈|point_right 👉|point_up ☝️|poop 💩|popcorn 🍿|pray 🙏|purple_heart 💜|pushpin 📌|question ❓|rabbit 🐰|
rage 😡|rainbow 🌈|raised_hands 🙌|recycle ♻️|relieved 😌|robot 🤖|rocket 🚀|rofl 🤣|rose 🌹|running 🏃|salute 🫡|
satellite 📡|scream 😱|seedling 🌱|see_no_evil 🙈|shield 🛡️|ship 🚢|shrug 🤷|skull 💀|sleeping 😴|sleepy 😪|slight_smile 🙂|
sloth 🦥|smile 😄|smirk 😏|snail 🐌|snake 🐍|snowflake ❄️|snowman ⛄|sob 😭|sos 🆘|sparkles ✨|speech 💬|star ⭐|
stop 🛑|strawberry 🍓|sun ☀️|sunflower 🌻|sunglasses 😎|sunrise 🌅|sushi 🍣|sweat 😓|sweat_smile 😅|tada 🎉|tea 🍵|
telescope 🔭|test_tube 🧪|thinking 🤔|thumbsdown 👎|thumbsup 👍|tiger 🐯|tomato 🍅|tools 🛠️|train 🚆|tree 🌳|trophy 🏆|
truck 🚚|turtle 🐢|umbrella ☔|unicorn 🦄|unlock 🔓|upside_down 🙃|v ✌️|vulcan 🖖|walking 🚶|warning ⚠️|watch ⌚|
watermelon 🍉|wave 👋|weary 😩|whale 🐳|wine 🍷|wink 😉|wolf 🐺|worried 😟|wrench 🔧|x ❌|yawning 🥱|yellow_heart 💛|
yum 😋|zap ⚡|zipper_mouth 🤐|zzz 💤
`

/** The emoji for each name, in the order of the list above. */
export const emoji: ReadonlyMap<string, string> = new Map(
  names
    .replaceAll("\n", "")
    .trim()
    .split("|")
    .map((pair): [string, string] => [pair.slice(0, pair.indexOf(" ")), pair.slice(pair.indexOf(" ") + 1)])
)

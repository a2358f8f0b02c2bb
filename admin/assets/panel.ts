// The panel's script: keys, acts without a new page, news. Everything works without it; it presses the page's own buttons.

import { keys } from "./keys";
import { acts } from "./acts";
import { live } from "./live";
import { search } from "./search";
import { countDown } from "./undo";

acts();
keys();
live();
search();
countDown();

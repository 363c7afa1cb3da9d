// Whether readers are told what an answer was made with: its model, tokens, price and time. Visitors of other sites are not.
import { createContext } from "react";

export const FactsShown = createContext(true);

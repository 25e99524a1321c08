import { z } from 'zod';

// Imported first: else zod asks whether it may compile code, which the page's policy forbids and a browser reports.
z.config({ jitless: true });

import { isSpoken, pathOf } from '../../../sandbox/hubspot/versions.ts';

const version = process.env.TEST_API_VERSION ?? 'v3';
if (!isSpoken(version)) throw new Error(`The sandbox does not speak ${version}`);

/** The version of HubSpot's API that a suite runs under: vitest.config.ts runs some of them under two. */
export const API_VERSION = version;

/** Paths of the calls that a sync makes. */
export const CONTACTS = pathOf(API_VERSION, 'objects', 'contacts');
export const NOTES = pathOf(API_VERSION, 'objects', 'notes');

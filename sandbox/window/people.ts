const FIRST_NAMES = [
  'Amara',
  'Bilal',
  'Chiara',
  'Davit',
  'Emeka',
  'Fatima',
  'Goran',
  'Hanna',
  'Ines',
  'Jun',
  'Kofi',
  'Leila',
  'Mateo',
  'Noor',
  'Olga',
  'Priya',
  'Quentin',
  'Rosa',
  'Sanjay',
  'Thandi',
  'Uma',
  'Viktor',
  'Wen',
  'Yusuf',
  'Zofia',
];
const LAST_NAMES = [
  'Abebe',
  'Bianchi',
  'Castro',
  'Dlamini',
  'Eriksen',
  'Farouk',
  'Garcia',
  'Horvat',
  'Ito',
  'Jansen',
  'Kowalska',
  'Lindgren',
  'Mensah',
  'Nguyen',
  'Okafor',
  'Petrov',
  'Rahman',
  'Silva',
  'Tanaka',
  'Usman',
  'Varga',
  'Weber',
  'Yilmaz',
];

/** Somebody to sign up. */
export interface Person {
  firstName: string;
  lastName: string;
  email: string;
  username: string;
}

/** People who have never been here before, one after another. */
export function newPeople(): () => Person {
  let count = 0;
  return () => {
    const firstName = FIRST_NAMES[count % FIRST_NAMES.length] ?? '';
    const lastName = LAST_NAMES[(count * 7) % LAST_NAMES.length] ?? '';
    count += 1;
    const email = `${firstName}.${lastName}.${count}@example.org`.toLowerCase();
    return { firstName, lastName, email, username: `${firstName}${lastName[0]}${count}` };
  };
}

throw new Error('this function does not even load');
